/**
 * `npm run native:gpio`: builds `epoll`, the addon that onoff needs, for the Node that runs this, and checks it by
 * loading it. npm does not build it, since whatever Node npm itself runs on would give it the wrong headers. Quick
 * where it is there already; what was built once is kept in the user's cache, since `npm ci` wipes it.
 */
import { existsSync, realpathSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import path from 'node:path'
import { runStep, say } from '../detector/native-step.ts'

const addon = path.join('build', 'Release', 'epoll.node')

async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  const require = createRequire(import.meta.url)
  const folder = path.dirname(require.resolve('epoll/package.json'))
  const { version } = require('epoll/package.json')
  const name = `epoll-${version}-node${process.versions.modules}-${process.arch}.node`
  const kept = path.join(environment.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'layerwatch', name)
  if (await loads()) return say('the GPIO addon is there and loads')
  if (existsSync(kept)) {
    await cp(kept, path.join(folder, addon))
    if (await loads()) return say('the GPIO addon was taken from the cache and loads')
  }
  say('building the GPIO addon …')
  await build(folder, environment)
  if (!(await loads())) throw new Error('the GPIO addon was built but does not load')
  await mkdir(path.dirname(kept), { recursive: true })
  await cp(path.join(folder, addon), kept)
  say(`the GPIO addon is built and loads; it is kept in ${kept}`)
}

/** In a process of its own: an addon that fails to load can't be loaded again. */
async function loads(): Promise<boolean> {
  const check = ['-e', "if (!require('epoll').Epoll) process.exit(1)"]
  const { code } = await runStep('load the addon', process.execPath, check, {
    timeoutMs: 20_000,
    cwd: import.meta.dirname,
    quiet: true,
  })
  return code === 0
}

async function build(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  for (const tool of ['python3', 'make', 'g++']) {
    const { code } = await runStep(tool, tool, ['--version'], { timeoutMs: 20_000, quiet: true })
    if (code !== 0) throw new Error(`${tool} is missing: sudo apt-get install python3 make g++`)
  }
  useOwnHeaders(environment)
  const { code, output } = await runStep('build', process.execPath, [findNodeGyp(environment), 'rebuild'], {
    timeoutMs: 300_000,
    cwd: folder,
    quiet: true,
  })
  if (code !== 0) throw new Error(`the GPIO addon can't be built:\n${output.slice(-2_000)}`)
}

/**
 * The headers that came with this Node, so that none have to be downloaded. By the environment: a person's own
 * setting for npm reaches node-gyp that way and would win over an argument.
 */
function useOwnHeaders(environment: NodeJS.ProcessEnv): void {
  const home = path.dirname(path.dirname(process.execPath))
  if (existsSync(path.join(home, 'include', 'node', 'node.h'))) environment.npm_config_nodedir = home
}

/** npm carries node-gyp in its own folder. */
function findNodeGyp({ npm_execpath: cli, PATH = '' }: NodeJS.ProcessEnv): string {
  const onPath = PATH.split(path.delimiter).map((folder) => path.join(folder, 'npm'))
  const found = [...(cli ? [cli] : []), ...onPath]
    .filter((file) => existsSync(file))
    .map((file) =>
      path.join(path.dirname(realpathSync(file)), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    )
    .find((file) => existsSync(file))
  if (found === undefined) throw new Error('npm is not found, and node-gyp comes with it')
  return found
}

try {
  await main(process.env)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
