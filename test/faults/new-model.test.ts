import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { shippedModelDir } from '../../device/detector/open.ts'
import { LogLines } from '../setup/log-lines.ts'
import { Stack } from '../setup/stack.ts'
import { startWatchedPrint } from '../setup/watched-print.ts'

/** An update brings new weights while a print runs, and the agent starts again with it. */

const stack = new Stack({})
before(() => stack.start())
after(() => stack.close())

const newSha256 = '1'.repeat(64)

/** The shipped weights under another name, as an update would bring others. */
async function bringModel(dir: string): Promise<string> {
  const modelDir = path.join(dir, 'updated-model')
  await cp(shippedModelDir, modelDir, { recursive: true, filter: (file) => !file.endsWith('training') })
  const file = path.join(modelDir, 'manifest.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...manifest, sha256: newSha256 }))
  return modelDir
}

test('a print is judged to its end by the model it began with, and the next one by the new model', {
  timeout: 300_000,
}, async () => {
  const print = await startWatchedPrint(stack)
  const began = await print.log.next('watching')
  await print.agent.kill()
  const config = parse(await readFile(print.config, 'utf8'))
  const modelDir = await bringModel(print.dataDir)
  await writeFile(print.config, stringify({ ...config, detector: { ...config.detector, modelDir } }))

  const log = new LogLines()
  stack.runAgent(print.config, log.hear)
  const again = await log.next('watching')
  assert.equal(again.modelSha256, began.modelSha256)
  const after = log.mark
  await print.panel.press('cancel')
  await log.next('a new model judges from here on', { after })
  assert.equal((await log.next('watching', { after })).modelSha256, newSha256)
  await print.panel.press('start')
  await log.next('print started', { after })
})
