import type { Failure } from './failures.ts'
import {
  actOnMachine,
  addMachineFailure,
  advanceMachine,
  createMachine,
  type MachineAction,
  type MachineStatus,
  refusalOf,
  shotOf,
  startNext,
  statusOf,
} from './machine.ts'
import type { RunSpec } from './run.ts'
import type { ShapeName } from './shapes.ts'
import { createStudio, type FrameSize } from './studio.ts'
import type { WorldKind } from './world.ts'

/** A print and the camera before it, without a clock or a server: for tests, the bench and training. */
export type Simulation = {
  /** Lets print time pass. */
  advance: (printSeconds: number) => void
  status: () => MachineStatus
  /** Does an action, or says why not. */
  act: (action: MachineAction) => { isDone: true } | { isDone: false; reason: string }
  fail: (failure: Failure) => void
  /** A picture of this moment, as JPEG. */
  renderFrame: (size: FrameSize) => Promise<Uint8Array>
}

export type SimulationOptions = {
  seed: number
  world: WorldKind
  layers?: number
  shape?: ShapeName
  file?: { name: string; gcode: Uint8Array }
  failure?: Failure
}

export const defaultLayers = 80

/** Starts a print. Throws `RangeError` where a given file lays no plastic. */
export function createSimulation(options: SimulationOptions): Simulation {
  const studio = createStudio()
  let machine = createMachine(toRunSpec(options), jobIdOf(options.seed, 0))
  return {
    advance(printSeconds) {
      machine = advanceMachine(machine, printSeconds)
    },
    status: () => statusOf(machine),
    act(action) {
      const reason = refusalOf(machine, action)
      if (reason !== undefined) return { isDone: false, reason }
      machine =
        action === 'start'
          ? startNext(machine, jobIdOf(options.seed, machine.spec.run + 1))
          : actOnMachine(machine, action)
      return { isDone: true }
    },
    fail(failure) {
      machine = addMachineFailure(machine, failure)
    },
    renderFrame: (size) => studio.render(machine.spec, shotOf(machine), size),
  }
}

/** The first run that options ask for. */
export function toRunSpec(options: SimulationOptions): RunSpec {
  const { seed, world, layers = defaultLayers, shape, file, failure } = options
  return { seed, world, run: 0, layers, shape, file, failures: failure ? [failure] : [] }
}

function jobIdOf(seed: number, run: number): string {
  return `job-${seed}-${run + 1}`
}
