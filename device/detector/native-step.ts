import { spawn } from 'node:child_process'
import { dirname } from 'node:path'

/** One line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

export interface StepOptions {
  timeoutMs: number
  cwd?: string
  /** Searched before the PATH of this process. */
  path?: string
  /** Keeps the program's own lines to itself; they come back as `output`. */
  quiet?: boolean
}

/**
 * Runs a program and says every five seconds that it still runs.
 * A program that is not there answers with code 127.
 */
export async function runStep(
  title: string,
  program: string,
  args: string[],
  { timeoutMs, cwd, path, quiet = false }: StepOptions,
): Promise<{ code: number; output: string }> {
  const startedAtMs = performance.now()
  const pulse = setInterval(() => {
    say(`  ${title}: ${Math.round((performance.now() - startedAtMs) / 1000)} s`)
  }, 5000)
  const { PATH, ...environment } = process.env
  const child = spawn(program, args, {
    cwd,
    signal: AbortSignal.timeout(timeoutMs),
    env: { ...environment, PATH: [path, dirname(process.execPath), PATH].filter(Boolean).join(':') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-8000)
    if (!quiet) process.stdout.write(chunk)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', (error) =>
        'code' in error && error.code === 'ENOENT' ? resolve(127) : reject(error),
      )
      child.on('close', (exitCode) => resolve(exitCode ?? 1))
    })
    return { code, output }
  } catch (cause) {
    throw new Error(`${title} took longer than ${timeoutMs / 1000} s or could not start`, { cause })
  } finally {
    clearInterval(pulse)
  }
}
