import type { TestContext } from 'node:test'
import { RejectedError } from '@layerwatch/shared/errors.ts'
import type { HeaterName } from '@layerwatch/shared/vocabulary.ts'
import { type Hold, parseHold } from '../../device/assess/hold.ts'
import { formatCourse, type PrinterCourse, parseCourse } from '../../device/assess/prints.ts'
import type { PausedCare } from '../../device/printer/printer.ts'
import type { Journal } from '../../device/watch/journal.ts'
import { openScene } from './scripted-monitor.ts'
import { ScriptedPrint } from './scripted-print.ts'
import { VirtualClock } from './virtual-clock.ts'

const minute = 60_000

interface Setup {
  pause: string
  score?: (printSeconds: number) => number
  left?: { course: PrinterCourse; hold: Hold | undefined }
  state?: 'paused' | 'printing'
}

/** A monitor on a printer with heaters, and what was asked of these. */
export function openCare(t: TestContext, { pause, score = () => 0.05, left, state }: Setup) {
  const clock = new VirtualClock()
  const scripted = new ScriptedPrint({ layerSeconds: 20, score, clock })
  const heaters = {
    nozzle: { actualC: 214.6, targetC: 215 },
    bed: { actualC: 60.2, targetC: 60 },
  }
  const asked: string[] = []
  let onSwitch: (heater: HeaterName) => void = (heater) => {
    heaters[heater].targetC = 0
    heaters[heater].actualC = 25
  }
  const care: PausedCare = {
    switchOff: async (heater) => {
      if (scripted.state !== 'paused') throw new RejectedError('not paused')
      asked.push(`${heater} off`)
      onSwitch(heater)
    },
    runMacro: async (name) => {
      asked.push(name)
      if (name === 'HEAT') Object.assign(heaters.nozzle, { actualC: 213, targetC: 215 })
    },
    moveAway: async ({ retractMm, liftMm }) => void asked.push(`away ${retractMm} ${liftMm}`),
    findLimits: async () => [],
    giveBack: async (retractedMm) => void asked.push(`back ${retractedMm}`),
  }
  let saved: { course: PrinterCourse; hold: Hold | undefined } | undefined
  const entries: Parameters<Journal['record']>[0][number][] = []
  const journal: Journal = {
    record: (more) => entries.push(...more),
    saveCourse: async (course, hold) => {
      saved = { course, hold }
    },
    keepLayerPicture: () => {},
  }
  const status = async (signal: AbortSignal) => ({
    ...(await scripted.printer.status(signal)),
    temperatures: structuredClone(heaters),
  })
  const printer = { ...scripted.printer, status, care }
  if (state) scripted.set(state)
  const scene = openScene(t, { clock, score, pause, parts: { printer, journal, ...left } })
  const { monitor, signal } = scene
  const find = (type: string) => entries.filter((entry) => entry.type === type)
  const reaches = (seconds: number) => clock.runUntil(() => scripted.printSeconds > seconds, 60 * minute)
  /** As a person does on the phone. */
  async function pauseFromPhone() {
    const outcome = monitor.pausing.act('pause', 'person', signal)
    const through = outcome.then((done) => monitor.pausing.seeThrough('pause', done, signal))
    await Promise.all([outcome, clock.run(2_000)])
    void through
  }
  async function resumeFromPhone() {
    const act = () => monitor.pausing.act('resume', 'person', signal)
    const [outcome] = await Promise.all([monitor.keeper.resume(act, signal), clock.run(100_000)])
    return outcome
  }
  /** What is on the disk, read back as after a restart. */
  const leave = () => {
    const text = saved && formatCourse(saved.course, saved.hold)
    return { course: parseCourse(text), hold: parseHold(text) }
  }
  return {
    ...{ clock, print: scripted, heaters, asked, care, monitor, find, reaches, leave, stop: scene.stop },
    ...{ pauseFromPhone, resumeFromPhone },
    onSwitch: (next: typeof onSwitch) => {
      onSwitch = next
    },
  }
}
