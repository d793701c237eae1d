import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { createSimulation } from '../../device/simulator/simulation.ts'

/*
 * Folders of pictures that begin good and then fail, for the folder camera.
 */

const shared = path.resolve(import.meta.dirname, '../../../shared/frames')
const goodPictures = 12
const failingPictures = 60
/** Print seconds between two rendered pictures. */
const stepSeconds = 6
const failureLayer = 12

/** Renders a print of a world that training never sees, which comes loose. */
export async function renderFailingPrint(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const failure = { kind: 'detached', layer: failureLayer } as const
  const simulation = createSimulation({ seed: 11, world: 'judge', layers: 80, failure })
  const advanceTo = (layer: number) => {
    while (simulation.status().layer < layer) simulation.advance(1)
  }
  const take = async (number: number) => {
    const jpeg = await simulation.renderFrame({ width: 640, height: 480 })
    await writeFile(path.join(folder, nameOf(number)), jpeg)
    simulation.advance(stepSeconds)
  }
  advanceTo(2)
  let number = 0
  while (simulation.status().layer < failureLayer && number < goodPictures) await take(number++)
  // What lies on the bed grows for a while before anybody could call it a failure.
  advanceTo(failureLayer + 8)
  for (let taken = 0; taken < failingPictures; taken++) await take(number++)
}

const Line = z.object({ file: z.string(), source: z.string(), group: z.string(), label: z.string() })

/** Whether pictures of real prints are there. */
export function hasRealFrames(): boolean {
  return existsSync(path.join(shared, 'manifest.jsonl'))
}

/** Pictures a webcam took of good prints, followed by photographs of spaghetti. */
export async function copyRealFrames(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const lines = readFileSync(path.join(shared, 'manifest.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => Line.parse(JSON.parse(line)))
  const good = lines.filter(({ source, group }) => source === 'emptydeck-P1' && group === 'PinkMan')
  const failing = lines.filter(({ source, label }) => source === 'kapis20' && label === 'failure')
  const chosen = [...good.slice(0, goodPictures), ...failing.slice(0, failingPictures)]
  for (const [number, { file }] of chosen.entries()) {
    await copyFile(path.join(shared, file), path.join(folder, nameOf(number)))
  }
}

function nameOf(number: number): string {
  return `${String(number).padStart(4, '0')}.jpg`
}
