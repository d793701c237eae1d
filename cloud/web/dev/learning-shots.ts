import type { PrintView } from '@layerwatch/shared/api.ts'
import { open, type Shot, type Stage } from './shot.ts'
import { ago, changeIncident, changePrinter } from './world.ts'

/** Everything about what a printer learns from its owner. */

const words = [
  'Ignores one place, 3 % of the picture.',
  'Holds pictures against what its own good prints usually show.',
  'Learned from 2 marks; on its 14 known prints: false pauses 2 → 0, missed failures 0 → 0.',
]

const openPast = async (stage: Stage, mark?: PrintView['mark']) => {
  const past = [...stage.world.prints.values()].find((print) => print.job === 'Chess rook')
  if (past && mark) stage.world.prints.set(past.id, { ...past, mark })
  await open(stage, `/prints/${past?.id}`)
  await stage.page.getByText('How did it really go?').scrollIntoViewIfNeeded()
  await stage.page.waitForTimeout(300)
}

export const learningShots: Shot[] = [
  {
    name: 'learned',
    play: async (stage) => {
      const { garage } = stage.shop
      const watching = { isWatching: false as const, since: ago(4000) }
      const learned = { words, canUndo: true, at: ago(3000) }
      changePrinter(stage.world, garage.id, { state: 'idle', print: undefined, watching, learned })
      stage.world.live.isSent = false
      await open(stage, `/printers/${garage.id}`)
      await stage.page.getByText('Learned from you').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'learned-printing',
    play: async (stage) => {
      const learned = { words, canUndo: true, at: ago(3000) }
      changePrinter(stage.world, stage.shop.garage.id, { learned })
      await open(stage, `/printers/${stage.shop.garage.id}`)
      await stage.page.getByRole('button', { name: 'Take the newest back' }).click()
      await stage.page.getByText('Asked').scrollIntoViewIfNeeded()
      await stage.page.waitForTimeout(300)
    },
  },
  { name: 'past-print', play: (stage) => openPast(stage) },
  {
    name: 'past-print-marked',
    play: (stage) => openPast(stage, { verdict: 'failed', failedAtLayer: 52, isKept: true }),
  },
  {
    name: 'incident-question',
    play: async (stage) => {
      await openAlarm(stage)
      await stage.page.getByText('Ignore here').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'incident-ignored',
    play: async (stage) => {
      await openAlarm(stage)
      await stage.page.getByRole('button', { name: /^Ignore here/ }).click()
      await stage.page.getByText('Take it back').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'incident-answered',
    play: async (stage) => {
      const id = await openAlarm(stage)
      const words =
        'Nothing learned: what looked like a failure fills more than may be ignored, 17 % of the picture.'
      const mark = { verdict: 'fine' as const, isKept: true, words }
      changeIncident(stage.world, id, { status: 'resolved', outcome: 'false-alarm', mark })
      await stage.page.getByText('Take it back').scrollIntoViewIfNeeded()
    },
  },
]

const openAlarm = async (stage: Stage) => {
  const id = stage.world.printers.get(stage.shop.left.id)?.incident?.id ?? ''
  await open(stage, `/incidents/${id}`)
  await stage.page.getByText('What was it?').waitFor()
  return id
}
