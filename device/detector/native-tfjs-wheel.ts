import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runStep, type StepOptions, say } from './native-step.ts'

const seconds = 1000

/** Wheels that carry TensorFlow's C interface and its headers. */
const wheels: Partial<Record<NodeJS.Architecture, { requirement: string; platform: string }>> = {
  x64: { requirement: 'tensorflow-cpu==2.15.1', platform: 'manylinux2014_x86_64' },
  arm64: { requirement: 'tensorflow-cpu-aws==2.15.1', platform: 'manylinux2014_aarch64' },
}

/** Takes the libraries, what they bring along (`*.libs`) and the headers of the C interface. */
const unpackScript = `
import os, shutil, sys, zipfile
wheel, target = sys.argv[1:]
headers = ('tensorflow/c/', 'tsl/', 'tensorflow/core/platform/')
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.namelist():
        folder, _, rest = entry.partition('/')
        if entry.endswith('/'):
            continue
        elif rest.startswith('include/') and rest[8:].startswith(headers):
            path = rest
        elif folder == 'tensorflow' and rest in ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'):
            path = 'lib/' + rest
        elif folder.endswith('.libs') and rest:
            path = 'lib/' + rest
        else:
            continue
        path = os.path.join(target, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(entry) as source, open(path, 'wb') as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
`

/**
 * Builds tfjs-node's addon against the TensorFlow library of a Python wheel.
 * @param staging folder that gets `deps/` and `lib/napi-v8/`, as the package has them
 */
export async function buildFromWheel(packageDir: string, staging: string): Promise<void> {
  const wheel = wheels[process.arch]
  if (process.platform !== 'linux' || wheel === undefined) {
    throw new Error(`there is no TensorFlow library for ${process.platform} on ${process.arch} to take`)
  }
  await checkTools()
  const deps = join(staging, 'deps')
  const download = join(staging, 'wheel')
  await mkdir(deps, { recursive: true })

  say(`downloading ${wheel.requirement} from PyPI (about 210 MB)`)
  await must(
    'download',
    'python3',
    [
      ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'],
      ...['--python-version', '3.11', '--platform', wheel.platform, '--dest', download, wheel.requirement],
    ],
    { timeoutMs: 900 * seconds },
  )

  say('unpacking it (about 600 MB)')
  const [file = ''] = await readdir(download)
  await must('unpack', 'python3', ['-c', unpackScript, join(download, file), deps], {
    timeoutMs: 300 * seconds,
  })
  await rm(download, { recursive: true })
  await linkLibraries(join(deps, 'lib'))

  say('compiling the addon')
  await compile(packageDir, staging)
  await rm(join(deps, 'include'), { recursive: true })
}

async function compile(packageDir: string, staging: string): Promise<void> {
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageDir, 'binding', name))
  const target = join(staging, 'lib/napi-v8')
  await mkdir(target, { recursive: true })
  await must(
    'compile',
    'g++',
    [
      ...['-O2', '-fPIC', '-shared', '-std=c++17', '-w', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
      ...[`-I${join(dirname(process.execPath), '../include/node')}`, `-I${join(staging, 'deps/include')}`],
      ...sources,
      ...[`-L${join(staging, 'deps/lib')}`, '-ltensorflow', '-ltensorflow_framework'],
      // An old-style rpath also holds for the libraries that TensorFlow itself loads.
      ...['-Wl,--disable-new-dtags', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
      ...['-o', join(target, 'tfjs_binding.node')],
    ],
    { timeoutMs: 600 * seconds },
  )
}

/** The names under which the addon and the linker look for the library. */
async function linkLibraries(dir: string): Promise<void> {
  for (const name of ['libtensorflow.so', 'libtensorflow.so.2', 'libtensorflow.so.2.9.1']) {
    await symlink('libtensorflow_cc.so.2', join(dir, name))
  }
  await symlink('libtensorflow_framework.so.2', join(dir, 'libtensorflow_framework.so'))
}

async function checkTools(): Promise<void> {
  const tools = [
    { program: 'g++', args: ['--version'], debian: 'g++' },
    { program: 'python3', args: ['-m', 'pip', '--version'], debian: 'python3-pip' },
  ]
  const missing: string[] = []
  for (const { program, args, debian } of tools) {
    const { code } = await runStep(program, program, args, { timeoutMs: 30 * seconds, quiet: true })
    if (code !== 0) missing.push(debian)
  }
  if (missing.length > 0)
    throw new Error(`needs ${missing.join(' and ')}: apt-get install ${missing.join(' ')}`)
}

async function must(title: string, program: string, args: string[], options: StepOptions): Promise<void> {
  const { code, output } = await runStep(title, program, args, { quiet: true, ...options })
  if (code !== 0) throw new Error(`${title} ended with code ${code}:\n${output.trim()}`)
}
