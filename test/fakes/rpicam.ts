import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { drawPicture, numberPicture } from './pictures.ts'

/**
 * Programs that take the flags of `rpicam-jpeg` and `rpicam-vid`, or of their older names, and give drawn pictures.
 * https://www.raspberrypi.com/documentation/computers/camera_software.html
 */
export interface FakeRpicam {
  /** Folder that holds the programs. */
  folder: string
  behave(as: RpicamBehaviour): Promise<void>
  /** The flags of each run. */
  asked(): Promise<string[]>
  /** Process ids of all runs. */
  pids(): Promise<number[]>
  close(): Promise<void>
}

export type RpicamBehaviour = 'good' | 'failing' | 'stuck' | 'half' | 'no-file' | 'endless' | 'no-picture'
export type RpicamProgram = 'rpicam-jpeg' | 'libcamera-jpeg' | 'rpicam-vid' | 'libcamera-vid'

const head = `#!/bin/bash
here=$(dirname "$0")
behaves=$(cat "$here/behaves")
echo $$ >> "$here/pids"
echo "$@" >> "$here/asked"
fail() { echo "ERROR: *** no cameras available ***" >&2; exit 255; }
`

const single = `${head}
while [ $# -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done
count=$(cat "$here/count")
echo $((count + 1)) > "$here/count"
case $behaves in
  failing) fail ;;
  stuck) exec sleep 60 ;;
  half) head -c 400 "$here/$((count % 6)).jpg" > "$out" ;;
  no-file) ;;
  *) cp "$here/$((count % 6)).jpg" "$out" ;;
esac
`

/** The programs log to stderr all the time. */
const streaming = `${head}
for ((count = 0; ; count++)); do
  echo "#$count (10.00 fps) exp 33251.00 ag 8.00 dg 1.00" >&2
  case $(cat "$here/behaves") in
    failing) fail ;;
    stuck) exec sleep 60 ;;
    half) head -c 400 "$here/$((count % 6)).jpg" ;;
    endless) head -c 400 "$here/0.jpg"; exec cat /dev/zero ;;
    no-picture) echo "this is not a picture" ;;
    no-file) exit 0 ;;
    *) cat "$here/$((count % 60)).jpg" ;;
  esac
  sleep 0.05
done
`

export async function makeFakeRpicam(...programs: RpicamProgram[]): Promise<FakeRpicam> {
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-rpicam-'))
  const write = (file: string, content: string | Buffer) => writeFile(path.join(folder, file), content)
  for (const program of programs) {
    await write(program, program.endsWith('vid') ? streaming : single)
    await chmod(path.join(folder, program), 0o700)
  }
  const pictures = await Promise.all([0, 1, 2, 3, 4, 5].map((number) => drawPicture(number)))
  for (let number = 0; number < 60; number++) {
    await write(`${number}.jpg`, numberPicture(pictures[number % 6] ?? Buffer.alloc(0), number))
  }
  await write('count', '0')
  await write('behaves', 'good')
  await write('asked', '')
  await write('pids', '')
  const lines = async (file: string) =>
    (await readFile(path.join(folder, file), 'utf8')).split('\n').filter((line) => line !== '')
  return {
    folder,
    behave: (as) => write('behaves', as),
    asked: () => lines('asked'),
    pids: async () => (await lines('pids')).map(Number),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
