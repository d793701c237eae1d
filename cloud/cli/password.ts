import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/**
 * A password for a person: typed at a terminal without being shown, or made by chance where nothing is typed
 * or nobody sits there. `isMade` says that it has to be shown once.
 */
export async function askPassword(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<{ password: string; isMade: boolean }> {
  const typed = input.isTTY ? await askHidden(input, output) : ''
  return typed ? { password: typed, isMade: false } : { password: makePassword(), isMade: true }
}

/** 96 bits of chance, in letters that are easy to type. */
export function makePassword(): string {
  const text = randomBytes(12).toString('hex')
  return (text.match(/.{6}/g) ?? [text]).join('-')
}

async function askHidden(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silent, terminal: true })
  try {
    output.write('Password (Enter makes one): ')
    const answer = await lines.question('')
    output.write('\n')
    return answer
  } finally {
    lines.close()
  }
}
