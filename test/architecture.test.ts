import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

/** The rules of ARCHITECTURE.md that a program can check. */

const root = path.resolve(import.meta.dirname, '..')
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)))
const sources = tracked.filter((file) => /\.tsx?$/.test(file))
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8')
const isProduct = (file: string) => /^(device|cloud|shared)\//.test(file)

interface Import {
  file: string
  from: string
}

const imports: Import[] = sources.flatMap((file) => {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g
  return [...textOf(file).matchAll(pattern)].flatMap((match) => {
    const from = match[1] ?? match[2]
    return from === undefined ? [] : [{ file, from }]
  })
})

/** Folder of the workspace that an import leads to; empty for a package. */
function workspaceOf({ file, from }: Import): string {
  if (from.startsWith('@layerwatch/')) return from.split('/')[1] ?? ''
  if (!from.startsWith('.')) return ''
  return path.posix.join(path.posix.dirname(file), from).split('/')[0] ?? ''
}

function importsThat(breakTheRule: (one: Import) => boolean): string[] {
  return imports.filter(breakTheRule).map(({ file, from }) => `${file} imports ${from}`)
}

test('the top level holds what the design names and nothing else', () => {
  const named = new Set(['device', 'cloud', 'shared', 'prisma', 'deploy', 'test', '.ci'])
  const folders = new Set(
    tracked.filter((file) => file.includes('/')).map((file) => file.split('/')[0] ?? ''),
  )
  assert.deepEqual(
    [...folders].filter((folder) => !named.has(folder)),
    [],
  )
})

test('the device and the cloud know shared, and never each other', () => {
  const strangers = importsThat((one) => {
    const own = one.file.split('/')[0] ?? ''
    const other = workspaceOf(one)
    return isProduct(one.file) && other !== '' && other !== own && other !== 'shared'
  })
  assert.deepEqual(strangers, [])
})

test('shared depends on zod alone and touches nothing of Node', () => {
  const outside = importsThat(
    ({ file, from }) => file.startsWith('shared/') && !from.startsWith('.') && from !== 'zod',
  )
  assert.deepEqual(outside, [])
  const usesNode = /\b(process|Buffer|__dirname)\b\s*[.([]/
  assert.deepEqual(
    sources.filter((file) => file.startsWith('shared/') && usesNode.test(textOf(file))),
    [],
  )
})

test('a package that touches the world is imported in one place', () => {
  const places: Record<string, RegExp> = {
    onoff: /^device\/printer\/(gpio|native-gpio)\.ts$/,
    'node-libcamera': /^device\/camera\/libcamera\.ts$/,
    '@tensorflow/tfjs-node': /^device\/detector\/(tfjs-node|native-tfjs)\.ts$/,
    'onnxruntime-node': /^device\/detector\/onnx\.ts$/,
    mqtt: /^(device\/net|cloud)\/mqtt\.ts$/,
    '@prisma/client': /^cloud\/db\//,
    '@prisma/adapter-pg': /^cloud\/db\//,
    nodemailer: /^cloud\/notify\/email\.ts$/,
    aedes: /^cloud\/(embedded|broker)[a-z-]*\.ts$/,
  }
  const misplaced = importsThat(({ file, from }) => {
    const name = Object.keys(places).find((one) => from === one || from.startsWith(`${one}/`))
    return name !== undefined && isProduct(file) && !places[name]?.test(file)
  })
  assert.deepEqual(misplaced, [])
})

test('the generated database client is imported below cloud/db alone', () => {
  assert.deepEqual(
    importsThat(({ file, from }) => from.includes('/generated/') && !file.startsWith('cloud/db/')),
    [],
  )
})

test('the environment is read where a process begins and nowhere else', () => {
  const allowed = /(^|\/)(config|vite\.config|native-[a-z]+|generate)\.ts$/
  assert.deepEqual(
    sources.filter((file) => isProduct(file) && !allowed.test(file) && textOf(file).includes('process.env')),
    [],
  )
})

test('exports are named, and no file only passes on others', () => {
  const tools = /(vite|prisma)\.config\.ts$/
  assert.deepEqual(
    sources.filter(
      (file) =>
        !tools.test(file) && (/^export default /m.test(textOf(file)) || /(^|\/)index\.tsx?$/.test(file)),
    ),
    [],
  )
})

test('files are named in kebab-case', () => {
  assert.deepEqual(
    sources.filter((file) => !/^[a-z0-9]+([.-][a-z0-9]+)*\.tsx?$/.test(path.basename(file))),
    [],
  )
})

test('no file is longer than 300 lines', () => {
  assert.deepEqual(
    sources.filter((file) => textOf(file).split('\n').length > 301),
    [],
  )
})
