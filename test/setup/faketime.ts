import { existsSync } from 'node:fs'
import { installPackages } from './install.ts'

/** https://github.com/wolfcw/libfaketime 0.9.10, where Debian puts it. */
const libraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`,
)

export function findFaketime(): string | undefined {
  return libraries.find((library) => existsSync(library))
}

/** Installs the library that lets a process believe in another time; at once where it is there. */
export async function installFaketime(): Promise<void> {
  if (findFaketime() === undefined) await installPackages(['faketime'], 'faketime')
}

/**
 * Lets `start` start processes whose wall clock begins minutes into 1970, as on a Pi that was never told the
 * time. Their monotonic clock is left alone, as it is there.
 */
export function inTheYear1970<T>(start: () => T): T {
  const library = findFaketime()
  if (library === undefined) throw new Error('faketime is not installed: run npm test')
  const variables = {
    LD_PRELOAD: library,
    FAKETIME: '@1970-01-01 00:05:00',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    TZ: 'UTC',
  }
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, variables)
  try {
    return start()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
