import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import type { PictureCutter, StreamPart } from './picture-stream.ts'
import { programEnvironment } from './programs.ts'

/** How long a program may take to end when asked to, before it is killed. */
const graceMs = 1_000
/** How much of what a program says is kept, to tell why it ended. */
const keptWords = 2_000

/** A program that writes pictures to its output without end. */
export interface PictureProgram {
  /** Whose pictures they are, for messages. */
  name: string
  file: string
  /** Passed as they are, never through a shell. */
  args: readonly string[]
  /** What it reads from its input: what every user of this machine could see among the arguments. */
  input?: string
  cutter: PictureCutter
  /** Takes secrets out of what the program says. */
  hide?: (words: string) => string
}

/**
 * Runs a program and tells of each picture it writes, until it ends; it ends with the signal, by force where it
 * does not by itself. Nothing it writes is kept but the picture that is coming in.
 * @throws UnavailableError that says how it ended; ProtocolError where it writes no pictures; the signal's reason.
 */
export async function readProgram(
  program: PictureProgram,
  { take, signal }: { take: (part: StreamPart) => void; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(program.file, program.args, { stdio: 'pipe', env: programEnvironment() })
  const exit = waitForExit(child)
  const said = listen(child)
  // A program that is gone already does not read its input, and that is told by its exit.
  child.stdin.on('error', () => undefined).end(program.input ?? '')
  const stop = () => child.stdout.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of child.stdout) {
      const part = program.cutter.push(chunk, performance.now())
      if (part !== undefined) take(part)
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', stop)
    await end(child, exit)
  }
  signal.throwIfAborted()
  const words = said()
  const why = words === '' ? '' : `: ${program.hide?.(words) ?? words}`
  throw new UnavailableError(`${program.name}: its program ended (${await exit})${why}`)
}

/** Resolves with how it ended, in words; also where it could not be started. */
function waitForExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    child.once('exit', (code, killedBy) => resolve(killedBy ?? `code ${code}`))
  })
}

/** Gives the last line a program said, without the part of it that said so. */
function listen(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-keptWords)
  })
  return () => {
    const lines = words.split('\n').map((line) => line.replace(/^(\[[^\]]*\]\s*)+/, '').trim())
    return (lines.findLast((line) => line !== '') ?? '').slice(0, 200)
  }
}

/** Not awaited for longer than it takes to kill it: what hangs in the kernel can't be. */
async function end(child: ChildProcess, exit: Promise<string>): Promise<void> {
  if (child.pid === undefined) return
  child.kill('SIGTERM')
  await Promise.race([exit, delay(graceMs)])
  child.kill('SIGKILL')
  await Promise.race([exit, delay(graceMs)])
}
