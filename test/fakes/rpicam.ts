import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { drawPicture } from './pictures.ts'

/**
 * A program that takes `rpicam-jpeg`'s flags and writes drawn pictures.
 * https://www.raspberrypi.com/documentation/computers/camera_software.html#rpicam-jpeg
 */
export interface FakeRpicam {
  /** Folder that holds the program. */
  folder: string
  behave(as: 'good' | 'failing' | 'stuck' | 'half' | 'no-file'): Promise<void>
  /** The flags of each run. */
  asked(): Promise<string[]>
  close(): Promise<void>
}

const script = `#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/asked"
while [ $# -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done
count=$(cat "$here/count")
echo $((count + 1)) > "$here/count"
case $(cat "$here/behaves") in
  failing) echo "ERROR: *** no cameras available ***" >&2; exit 255 ;;
  stuck) exec sleep 60 ;;
  half) head -c 400 "$here/$((count % 6)).jpg" > "$out" ;;
  no-file) ;;
  *) cp "$here/$((count % 6)).jpg" "$out" ;;
esac
`

export async function makeFakeRpicam(name: 'rpicam-jpeg' | 'libcamera-jpeg'): Promise<FakeRpicam> {
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-rpicam-'))
  const write = (file: string, content: string | Buffer) => writeFile(path.join(folder, file), content)
  await write(name, script)
  await chmod(path.join(folder, name), 0o700)
  for (let number = 0; number < 6; number++) await write(`${number}.jpg`, await drawPicture(number))
  await write('count', '0')
  await write('behaves', 'good')
  await write('asked', '')
  return {
    folder,
    behave: (as) => write('behaves', as),
    asked: async () => (await readFile(path.join(folder, 'asked'), 'utf8')).trim().split('\n'),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
