/** `open-detector.ts FOLDER`: what a process says of each runtime when it opens a detector on that model. */
import { pino } from 'pino'
import { openDetector } from '../../device/detector/open.ts'
import { describeReport } from '../../device/detector/report.ts'

const options = { backend: 'auto', modelDir: process.argv[2] ?? '', threads: 1 } as const
const log = pino({ level: 'silent' })
const { detector, reports } = await openDetector({ ...options, log }, AbortSignal.timeout(300_000))
await detector.close()
for (const report of reports) process.stdout.write(`${describeReport(report)}\n`)
