import { ConfigError, ProtocolError, RejectedError, UnavailableError } from '@layerwatch/shared/errors.ts'

/** What sysexits.h calls a configuration error: a supervisor need not try again. */
const configExitCode = 78

/** Says what went wrong in a person's words and ends the process; a bug ends it with its stack. */
export function reportAndExit(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(error.problems.length > 0 ? `${error.message}:` : error.message)
    for (const problem of error.problems) console.error(`  ${problem}`)
    process.exit(configExitCode)
  }
  const isExpected =
    error instanceof UnavailableError || error instanceof RejectedError || error instanceof ProtocolError
  if (isExpected) console.error(`${error.message}${causeOf(error)}`)
  else console.error(error)
  process.exit(1)
}

function causeOf(error: Error): string {
  return error.cause instanceof Error && error.cause.message ? ` (${error.cause.message})` : ''
}
