import { Writable } from 'node:stream'
import { styleText } from 'node:util'
import pino, { type Logger } from 'pino'
import { z } from 'zod'

/** JSON lines for machines, or one readable line each where a person looks on. */
export function openLog(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level })
  return pino(
    { level },
    new Writable({ write: (chunk, _, done) => process.stdout.write(readable(`${chunk}`), done) }),
  )
}

const Line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') })
const hidden = ['level', 'time', 'msg', 'pid', 'hostname', 'err', 'modelSha256']

function readable(text: string): string {
  const line = Line.parse(JSON.parse(text))
  const time = new Date(line.time).toTimeString().slice(0, 8)
  const fields = Object.entries(line)
    .filter(([key, value]) => !hidden.includes(key) && value !== undefined)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const error = z.looseObject({ message: z.string() }).safeParse(line.err).data?.message
  const phrase = line.level >= 40 ? styleText('yellow', line.msg) : line.msg
  return `${[time, phrase, ...fields, ...(error ? [error] : [])].join('  ')}\n`
}
