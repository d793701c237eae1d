import { z } from 'zod'

/** The agent's log as far as a person at the terminal wants to hear it. */
const Line = z.looseObject({
  time: z.union([z.number(), z.string()]).optional(),
  msg: z.string(),
  level: z.union([z.number(), z.string()]).optional(),
  printer: z.string().optional(),
  layer: z.number().optional(),
  defect: z.string().optional(),
  reason: z.string().optional(),
})

/** Changes of state, not ticks. */
const told =
  /^(print|printer|pausing|pause|defect|suspicion|not watching|watching|detector (failed|works)|command|cloud)\b/

/** Prints one line of the agent's log, where it tells of a change of state. */
export function narrateAgent(text: string): void {
  const line = readLine(text)
  if (!line || !told.test(line.msg)) return
  const at = new Date(line.time ?? Date.now()).toTimeString().slice(0, 8)
  const where = line.layer === undefined ? '' : `, layer ${line.layer}`
  const what = line.defect ? `: ${line.defect}` : ''
  const why = line.reason ? ` (${line.reason})` : ''
  console.log(`  ${at}  ${line.printer ? `${line.printer}: ` : ''}${line.msg}${what}${where}${why}`)
}

function readLine(text: string): z.infer<typeof Line> | undefined {
  try {
    return Line.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
