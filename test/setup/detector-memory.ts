/** `detector-memory.ts BACKEND FOLDER`: the memory of a process that has judged 200 frames, in MB, as one line. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { z } from 'zod'
import { backendNames } from '../../device/detector/load.ts'
import { openDetector, shippedModelDir } from '../../device/detector/open.ts'

const frameCount = 200

const [backend, folder] = z.tuple([z.enum(backendNames), z.string()]).parse(process.argv.slice(2))
const options = { backend, modelDir: shippedModelDir, threads: 1, log: pino({ level: 'silent' }) }
const { detector } = await openDetector(options, AbortSignal.timeout(60_000))
const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg'))
for (let index = 0; index < frameCount; index++) {
  const jpeg = await readFile(path.join(folder, names[index % names.length] ?? ''))
  await detector.judge(jpeg, AbortSignal.timeout(30_000))
}
process.stdout.write(`${Math.round(process.memoryUsage.rss() / 1e6)}\n`)
await detector.close()
