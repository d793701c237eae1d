import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.resolve(import.meta.dirname, '../..')
const stopWithinMs = 10_000
const linesKept = 40

/** A process of this start: it ends with us, and we hear when it ends by itself. */
export interface LocalProcess {
  name: string
  pid: number
  /** The newest lines it printed, for telling why it ended. */
  lastLines(): readonly string[]
  /**
   * Resolves with what `read` makes of the first line or message it understands; rejects where none comes in
   * time or the process ends before.
   */
  says<T>(read: (said: unknown) => T | undefined, timeoutMs: number): Promise<T>
  ended: Promise<number>
  /** SIGTERM, then SIGKILL after 10 s. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
}

export interface LocalCommand {
  name: string
  /** Options of Node, file of the project to run, and its arguments. */
  args: string[]
  env?: Record<string, string>
  onLine?: (line: string) => void
}

/** The agent's command line, with what keeps its memory small: as `npm run agent` starts it. */
export function agentCommand(...args: string[]): Pick<LocalCommand, 'args' | 'env'> {
  return {
    args: ['--max-semi-space-size=2', 'device/cli/agent.ts', ...args],
    env: { MALLOC_ARENA_MAX: '2' },
  }
}

/** Starts a part of the project in a process group of its own, so that Ctrl-C reaches us alone. */
export function startProcess({ name, args, env, onLine }: LocalCommand): LocalProcess {
  const preload = path.join(import.meta.dirname, 'with-parent.ts')
  const child = spawn(process.execPath, ['--import', preload, ...args], {
    cwd: root,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const listeners = new Set<(said: unknown) => void>()
  const lines: string[] = []
  const hear = (line: string) => {
    lines.push(line)
    if (lines.length > linesKept) lines.shift()
    onLine?.(line)
    for (const listener of listeners) listener(line)
  }
  child.on('message', (message) => {
    for (const listener of listeners) listener(message)
  })
  if (child.stdout) createInterface({ input: child.stdout }).on('line', hear)
  if (child.stderr) createInterface({ input: child.stderr }).on('line', hear)
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))

  return {
    name,
    pid: child.pid ?? 0,
    ended,
    lastLines: () => lines,
    says: (read, timeoutMs) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          listeners.delete(listener)
          clearTimeout(timer)
          act()
        }
        const listener = (said: unknown) => {
          const found = read(said)
          if (found !== undefined) settle(() => resolve(found))
        }
        const fail = (what: string) =>
          settle(() => reject(new Error(`${name} ${what}. Its last words:\n${lastWords(lines)}`)))
        const timer = setTimeout(() => fail(`did not come up within ${timeoutMs / 1000} s`), timeoutMs)
        ended.then((code) => fail(`ended with ${code}`))
        listeners.add(listener)
        for (const line of lines) listener(line)
      }),
    stop: () => stop(child, ended),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** What was said for people; where nothing was, the log. */
export function lastWords(lines: readonly string[]): string {
  const words = lines.filter((line) => !line.startsWith('{'))
  return (words.length > 0 ? words : lines).join('\n')
}

async function stop(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await ended
  clearTimeout(timer)
}
