import { existsSync } from 'node:fs'
import path from 'node:path'
import { env } from 'node:process'

/** Where systems and builds by hand put programs that a service's own PATH may lack. */
const usualFolders = ['/usr/bin', '/usr/local/bin', '/bin']
/** What a camera's program may know of this process's environment: none of its secrets. */
const passedOn = /^(PATH|HOME|LD_LIBRARY_PATH|LIBCAMERA_\w+|XDG_RUNTIME_DIR)$/

/** Where to look for programs: the PATH, then the usual folders. */
export function programFolders(): string[] {
  return [...(env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== ''), ...usualFolders]
}

/** File of the first of those names that is there, in any of the folders. */
export function findProgram(
  names: readonly string[],
  folders: readonly string[] = programFolders(),
): string | undefined {
  return names
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find((file) => existsSync(file))
}

/** The environment of a camera's program. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => passedOn.test(name))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}
