import type { Failure } from './failures.ts'
import { nozzleAt, progressAt } from './plan.ts'
import { createRun, type Run, type RunSpec } from './run.ts'
import type { Shot } from './studio.ts'

export type MachineState =
  | 'idle'
  | 'printing'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'cancelling'
  | 'cancelled'
  | 'finished'

export type MachineAction = 'pause' | 'resume' | 'cancel' | 'start'

/** A printer without a clock of its own: time only passes when it is told to. */
export type Machine = {
  readonly spec: RunSpec
  readonly run: Run
  state: MachineState
  jobId: string
  printSeconds: number
  /** Seconds since the machine was switched on, pauses included. */
  upSeconds: number
  /** Seconds since the state changed. */
  stateSeconds: number
}

/** What a printer reports about itself. It knows nothing of failures. */
export type MachineStatus = {
  state: MachineState
  job?: { name: string; id: string }
  layer: number
  layers: number
  zMm: number
  progress: number
  filePosition: number
  printSeconds: number
  secondsLeft: number
  temperatures: { nozzle: number; bed: number }
}

/** Print time that a change of state takes; what is in the printer's buffer is still printed. */
const passingSeconds = 2
/** How long the end of a print is shown before the printer is idle. */
const restSeconds = 60
const parkMarginMm = 18
const roomCelsius = 22

/** A machine with its first print under way. */
export function createMachine(spec: RunSpec, jobId: string): Machine {
  return {
    spec,
    run: createRun(spec),
    state: 'printing',
    jobId,
    printSeconds: 0,
    upSeconds: 0,
    stateSeconds: 0,
  }
}

/** A machine that waits for its first print to be started. */
export function createIdleMachine(spec: RunSpec): Machine {
  return { ...createMachine(spec, ''), state: 'idle' }
}

/** Whether the first print is still to come. */
export function isFresh({ jobId }: Machine): boolean {
  return jobId === ''
}

/** The machine with its next print under way: another filament and solid, and nothing going wrong. */
export function startNext(machine: Machine, jobId: string): Machine {
  if (isFresh(machine)) return { ...createMachine(machine.spec, jobId), upSeconds: machine.upSeconds }
  const spec: RunSpec = { ...machine.spec, run: machine.spec.run + 1, failures: [] }
  // A shape asked for is for the first print only; a file given is printed again.
  const { shape: _shape, ...rest } = spec
  return { ...createMachine(rest, jobId), upSeconds: machine.upSeconds }
}

/** Lets a failure come at a layer, at the earliest in the next one. */
export function addMachineFailure(machine: Machine, failure: Failure): Machine {
  const current = progressAt(machine.run.plan, machine.printSeconds).layer
  const coming = { kind: failure.kind, layer: Math.max(failure.layer, current + 1) }
  return { ...machine, spec: { ...machine.spec, failures: [...machine.spec.failures, coming] } }
}

/** Lets time pass. */
export function advanceMachine(machine: Machine, seconds: number): Machine {
  let rest = Math.max(0, seconds)
  let now = machine
  while (rest > 0) {
    const step = Math.min(rest, secondsToChange(now))
    now = pass(now, step)
    rest -= step
    if (secondsToChange(now) <= 0) now = enter(now, nextState[now.state])
  }
  return now
}

/** Why an action is refused in the present state; undefined where it is not. */
export function refusalOf(machine: Machine, action: MachineAction): string | undefined {
  const allowed: Record<MachineAction, readonly MachineState[]> = {
    pause: ['printing'],
    resume: ['paused'],
    cancel: ['printing', 'pausing', 'paused', 'resuming'],
    start: ['idle', 'finished', 'cancelled'],
  }
  if (allowed[action].includes(machine.state)) return undefined
  return `cannot ${action} while ${machine.state}`
}

/** Pauses, resumes or cancels. Ask `refusalOf` first; `start` is `startNext`. */
export function actOnMachine(machine: Machine, action: Exclude<MachineAction, 'start'>): Machine {
  const states = { pause: 'pausing', resume: 'resuming', cancel: 'cancelling' } as const
  return enter(machine, states[action])
}

export function statusOf(machine: Machine): MachineStatus {
  const { plan } = machine.run
  const { state, printSeconds } = machine
  const { layer, filePosition } = progressAt(plan, printSeconds)
  const status = {
    state,
    layer,
    layers: plan.layers,
    zMm: round(nozzleAt(plan, printSeconds).z, 3),
    progress: round(printSeconds / plan.totalSeconds, 5),
    filePosition,
    printSeconds: round(printSeconds, 2),
    secondsLeft: round(plan.totalSeconds - printSeconds, 2),
    temperatures: temperaturesOf(machine),
  }
  return state === 'idle' ? status : { ...status, job: { name: plan.name, id: machine.jobId } }
}

/** What a camera sees of the machine now. */
export function shotOf(machine: Machine): Shot {
  const { plan } = machine.run
  const { printSeconds } = machine
  const nozzle = nozzleAt(plan, printSeconds)
  const { layer } = progressAt(plan, printSeconds)
  const isFeeding = machine.state === 'printing' || machine.state === 'pausing'
  const half = machine.run.world.bed.sizeMm / 2
  const parked = { x: parkMarginMm - half, y: half - parkMarginMm, z: nozzle.z + 10 }
  return {
    printSeconds,
    nozzle: isFeeding ? nozzle : parked,
    layer,
    isFeeding,
    tick: Math.round(machine.upSeconds * 1000),
  }
}

const nextState: Record<MachineState, MachineState> = {
  idle: 'idle',
  printing: 'finished',
  pausing: 'paused',
  paused: 'paused',
  resuming: 'printing',
  cancelling: 'cancelled',
  cancelled: 'idle',
  finished: 'idle',
}

function secondsToChange(machine: Machine): number {
  switch (machine.state) {
    case 'printing':
      return machine.run.plan.totalSeconds - machine.printSeconds
    case 'pausing':
    case 'resuming':
    case 'cancelling':
      return passingSeconds - machine.stateSeconds
    case 'cancelled':
    case 'finished':
      return restSeconds - machine.stateSeconds
    case 'idle':
    case 'paused':
      return Infinity
  }
}

function pass(machine: Machine, seconds: number): Machine {
  const isFeeding = machine.state === 'printing' || machine.state === 'pausing'
  const printed = isFeeding
    ? Math.min(machine.run.plan.totalSeconds, machine.printSeconds + seconds)
    : machine.printSeconds
  return {
    ...machine,
    printSeconds: printed,
    upSeconds: machine.upSeconds + seconds,
    stateSeconds: machine.stateSeconds + seconds,
  }
}

function enter(machine: Machine, state: MachineState): Machine {
  return { ...machine, state, stateSeconds: 0 }
}

function temperaturesOf(machine: Machine): { nozzle: number; bed: number } {
  const { nozzle, bed } = machine.run.plan.temperatures
  const isCold = machine.state === 'idle' || machine.state === 'cancelled' || machine.state === 'finished'
  const sway = Math.sin(machine.upSeconds / 7) * 0.3
  if (!isCold) return { nozzle: round(nozzle + sway, 1), bed: round(bed + sway / 3, 1) }
  const since = machine.state === 'idle' ? restSeconds + machine.stateSeconds : machine.stateSeconds
  const cool = (from: number, seconds: number) =>
    roomCelsius + (from - roomCelsius) * Math.exp(-since / seconds)
  return { nozzle: round(cool(nozzle, 90), 1), bed: round(cool(bed, 400), 1) }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
