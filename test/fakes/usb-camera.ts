import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { drawPicture, numberPicture } from './pictures.ts'

/**
 * Stands in for ffmpeg where no USB camera can be had. `real`: the true ffmpeg, but the camera it is told to open
 * is a file of JPEGs, or its own moving test picture. `scripted`: a shell script that can be told to misbehave.
 */
export interface FakeUsbFfmpeg {
  /** Folder that holds it, as `ffmpeg`. */
  folder: string
  behave(as: UsbBehaviour): Promise<void>
  /** The arguments of each run, one a line. */
  asked(): Promise<string[]>
  /** Process ids of all runs. */
  pids(): Promise<number[]>
  close(): Promise<void>
}

export type UsbBehaviour =
  | 'good'
  | 'refused'
  | 'hangs'
  | 'hangs-stubbornly'
  | 'ends-early'
  | 'endless'
  | 'half'
  | 'no-picture'

const head = `#!/bin/bash
here=$(dirname "$0")
case "$*" in *-version*) cat "$here/version"; exit ;; esac
echo "$*" >> "$here/asked"
echo $$ >> "$here/pids"
`

/** Writes parts as ffmpeg's `mpjpeg` does. https://ffmpeg.org/doxygen/5.1/mpjpegenc_8c_source.html */
const scripted = `${head}
part() {
  printf -- '--layerwatch\\r\\nContent-type: image/jpeg\\r\\nContent-length: %d\\r\\n\\r\\n' $(stat -c %s "$1")
  cat "$1"; printf '\\r\\n'
}
count=0
while true; do
  file="$here/$((count % 6)).jpg"
  case $(cat "$here/behaves") in
    refused) echo "[v4l2] /dev/video9: Device or resource busy" >&2; exit 1 ;;
    hangs) exec sleep 60 ;;
    hangs-stubbornly) trap '' TERM; while true; do sleep 1; done ;;
    ends-early) part "$file"; exit 0 ;;
    endless) printf -- '--layerwatch\\r\\nContent-type: image/jpeg\\r\\n\\r\\n'; cat /dev/zero; exit ;;
    half) head -c 400 "$file" > "$here/half.jpg"; part "$here/half.jpg" ;;
    no-picture) printf 'this is not a picture ' > "$here/none.jpg"; part "$here/none.jpg" ;;
    *) part "$file" ;;
  esac
  count=$((count + 1))
  sleep 0.05
done
`

const camera = `${head}
given=("$@"); source=()
for ((at = 0; at < \${#given[@]}; at++)); do [ "\${given[at]}" = -i ] && break; done
case "$*" in
  *yuyv422*) source=(-re -f lavfi -i testsrc2=size=320x240:rate=10) ;;
  *) source=(-re -f mjpeg -framerate 10 -stream_loop -1 -i "$here/all.mjpeg") ;;
esac
exec "$(cat "$here/real")" -hide_banner -loglevel error -nostdin "\${source[@]}" "\${given[@]:at+2}"
`

export async function makeFakeUsbFfmpeg(real?: string): Promise<FakeUsbFfmpeg> {
  const folder = await mkdtemp(path.join(tmpdir(), 'layerwatch-usb-'))
  const write = (file: string, content: string | Buffer) => writeFile(path.join(folder, file), content)
  const read = async (file: string) => (await readFile(path.join(folder, file), 'utf8')).trim()
  const pictures = await Promise.all(Array.from({ length: 6 }, (_, number) => drawPicture(number)))
  for (const [number, picture] of pictures.entries()) await write(`${number}.jpg`, picture)
  const many = Array.from({ length: 500 }, (_, n) => numberPicture(pictures[n % 6] ?? Buffer.alloc(0), n))
  await write('all.mjpeg', Buffer.concat(many))
  await write('version', 'ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\n')
  await write('real', real ?? '')
  await write('behaves', 'good')
  await write('asked', '')
  await write('pids', '')
  await write('ffmpeg', real ? camera : scripted)
  await chmod(path.join(folder, 'ffmpeg'), 0o700)
  return {
    folder,
    behave: (as) => write('behaves', as),
    asked: async () => (await read('asked')).split('\n'),
    pids: async () => (await read('pids')).split('\n').filter(Boolean).map(Number),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
