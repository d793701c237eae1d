/**
 * Errors are classified by who must act. Anything that is none of these is a bug: log it, exit, let the
 * supervisor restart. Never branch on message text.
 */

/** A person must mend it (configuration, a refused credential). The process says so and exits with 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** One line per mistake, each beginning with the path of the field. */
  readonly problems: readonly string[]

  constructor(message: string, options: ErrorOptions & { problems?: readonly string[] } = {}) {
    super(message, options)
    this.problems = options.problems ?? []
  }
}

/** Time mends it: retry with back-off and jitter. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

/** The other side understood and refused: report it, never retry. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError'
}

/** The peer broke the contract: drop what it sent and count it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
