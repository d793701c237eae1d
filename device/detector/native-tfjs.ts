/**
 * `npm run native:tfjs`: gets the C library that `@tensorflow/tfjs-node` needs, and checks it by running it.
 * npm installs the package without it, since its install script fails wherever its bucket can't be reached.
 * Quick where it is there already; what was built once is kept in the user's cache, since `npm ci` wipes it.
 */
import { cp, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { runStep, say } from './native-step.ts'
import { buildFromWheel } from './native-tfjs-wheel.ts'

const seconds = 1000
const parts = ['deps/lib', 'lib/napi-v8']

async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  const packageDir = findPackage()
  const version: string = createRequire(import.meta.url)(join(packageDir, 'package.json')).version
  const name = `tfjs-node-${version}-${process.platform}-${process.arch}`
  const kept = join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'layerwatch', name)

  if (await verify()) return say('tfjs-node is there and runs')
  if (await exists(kept)) {
    say(`taking the build kept in ${kept}`)
    await copyParts(kept, packageDir)
    if (await verify()) return say('tfjs-node runs')
    say('the kept build does not run; getting it anew')
    await rm(kept, { recursive: true, force: true })
  }
  await getNew(packageDir, kept)
}

/** First the package's own way, then the one that needs nothing but npm and PyPI. */
async function getNew(packageDir: string, kept: string): Promise<void> {
  await mkdir(dirname(kept), { recursive: true })
  const staging = `${kept}.${process.pid}`
  try {
    if (await runOwnInstall(packageDir)) await copyParts(packageDir, staging)
    else await buildFromWheel(packageDir, staging)
    // Another run may have finished meanwhile; its build is as good.
    await rename(staging, kept).catch(async (error: unknown) => {
      if (!(await exists(kept))) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  await copyParts(kept, packageDir)
  if (await verify()) return say(`tfjs-node runs; the build is kept in ${kept}`)
  await rm(kept, { recursive: true, force: true })
  throw new Error('tfjs-node was built but does not run here')
}

function findPackage(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json'))
  } catch (cause) {
    throw new Error('@tensorflow/tfjs-node is not installed; run `npm ci` first', { cause })
  }
}

/** Loads TensorFlow in a process of its own and multiplies two matrices. */
async function verify(): Promise<boolean> {
  const { code } = await runStep(
    'load TensorFlow',
    process.execPath,
    [join(import.meta.dirname, 'native-tfjs-check.ts')],
    {
      timeoutMs: 60 * seconds,
      quiet: true,
    },
  )
  return code === 0
}

async function runOwnInstall(packageDir: string): Promise<boolean> {
  const bins = join(packageDir, '..', '..', '.bin')
  const { code, output } = await runStep(
    "the package's own install",
    process.execPath,
    ['scripts/install.js'],
    {
      cwd: packageDir,
      timeoutMs: 240 * seconds,
      path: `${bins}${delimiter}${dirname(process.execPath)}`,
      quiet: true,
    },
  )
  if (code === 0 && (await verify())) return true
  const why = output.split('\n').find((line) => line.includes('Error:'))
  say(`the package's own install did not work: ${why?.trim() ?? `exit code ${code}`}`)
  return false
}

/** Links the big files where both folders are on one disk, else copies them; replaces what was there. */
async function copyParts(from: string, to: string): Promise<void> {
  for (const part of parts) {
    await rm(join(to, part), { recursive: true, force: true })
    await mkdir(join(to, part), { recursive: true })
    for (const entry of await readdir(join(from, part), { withFileTypes: true })) {
      const [source, target] = [join(from, part, entry.name), join(to, part, entry.name)]
      if (entry.isFile()) await link(source, target).catch(() => cp(source, target))
      else await cp(source, target, { recursive: true, verbatimSymlinks: true })
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

if (import.meta.main) {
  main(process.env).catch((error: unknown) => {
    say(`failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  })
}
