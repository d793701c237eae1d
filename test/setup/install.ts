import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** Where what the tests need beyond npm is kept between runs, outside the repository. */
export function cacheDir(): string {
  const dir = path.join(homedir(), '.cache', 'layerwatch')
  mkdirSync(dir, { recursive: true })
  return dir
}

/** Tells a person what is being done. */
export function say(text: string): void {
  process.stdout.write(`[setup] ${text}\n`)
}

/** File a command name leads to, or undefined where this machine has none. */
export function findCommand(...names: string[]): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/sbin',
    '/usr/bin',
    '/usr/local/bin',
  ]
  return names
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find((file) => existsSync(file))
}

/** True where packages can be installed without asking anybody. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && findCommand('apt-get') !== undefined
}

/**
 * Runs a command to its end and shows what it says only where it fails.
 * @throws Error with the last of its output.
 */
export function runCommand(
  command: string,
  args: string[],
  { timeoutMs, cwd, env }: { timeoutMs: number; cwd?: string; env?: Record<string, string> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd && { cwd }),
      timeout: timeoutMs,
    })
    let said = ''
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-20_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve(said)
      reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${said.slice(-2_000)}`))
    })
  })
}

/** Installs Debian packages, with progress. @throws Error naming what to install where that is not ours to do. */
export async function installPackages(packages: string[], what: string): Promise<void> {
  const list = packages.join(' ')
  if (!canInstallPackages()) {
    throw new Error(`the tests need ${what}: install it, on Debian with: sudo apt-get install ${list}`)
  }
  say(`installing ${what} (apt-get install ${list}) …`)
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  try {
    await runCommand('apt-get', install, { timeoutMs: 600_000, env: quiet })
  } catch {
    // The lists may be missing or old.
    await runCommand('apt-get', ['update'], { timeoutMs: 300_000, env: quiet })
    await runCommand('apt-get', install, { timeoutMs: 600_000, env: quiet })
  }
}
