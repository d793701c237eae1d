import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  actOnMachine,
  addMachineFailure,
  advanceMachine,
  createMachine,
  type Machine,
  refusalOf,
  shotOf,
  startNext,
  statusOf,
} from '../../../device/simulator/machine.ts'
import type { RunSpec } from '../../../device/simulator/run.ts'

const spec: RunSpec = { world: 'judge', seed: 3, run: 0, layers: 10, shape: 'cup', failures: [] }
const printing = () => advanceMachine(createMachine(spec, 'a'), 20)

test('a print grows with time until it is finished, and is idle a while later', () => {
  let machine = createMachine(spec, 'a')
  let last = -1
  for (let i = 0; i < 200 && machine.state === 'printing'; i++) {
    const { filePosition, layer, progress } = statusOf(machine)
    assert.ok(filePosition >= last && layer <= 10 && progress <= 1)
    last = filePosition
    machine = advanceMachine(machine, 5)
  }
  assert.equal(machine.state, 'finished')
  assert.deepEqual(
    [statusOf(machine).layer, statusOf(machine).progress, statusOf(machine).secondsLeft],
    [10, 1, 0],
  )
  machine = advanceMachine(machine, 100)
  assert.equal(statusOf(machine).state, 'idle')
  assert.equal(statusOf(machine).job, undefined)
})

test('pausing takes a moment, stops the print and parks the head; resuming goes on', () => {
  const before = actOnMachine(printing(), 'pause')
  assert.equal(before.state, 'pausing')
  const paused = advanceMachine(before, 50)
  assert.equal(paused.state, 'paused')
  assert.ok(paused.printSeconds - before.printSeconds <= 2)
  const { nozzle } = shotOf(paused)
  assert.ok(Math.hypot(nozzle.x, nozzle.y) > 60, 'away from the print')
  const resumed = advanceMachine(actOnMachine(paused, 'resume'), 10)
  assert.equal(resumed.state, 'printing')
  assert.equal(Math.round(resumed.printSeconds - paused.printSeconds), 8)
})

test('cancelling ends in cancelled and then idle, and the hot end cools', () => {
  const cancelled = advanceMachine(actOnMachine(printing(), 'cancel'), 3)
  assert.equal(cancelled.state, 'cancelled')
  const idle = advanceMachine(cancelled, 400)
  assert.equal(idle.state, 'idle')
  assert.ok(statusOf(idle).temperatures.nozzle < 60)
})

test('what the state forbids is refused with a reason', () => {
  const running = printing()
  const paused = advanceMachine(actOnMachine(running, 'pause'), 5)
  const idle = advanceMachine(actOnMachine(running, 'cancel'), 500)
  const refused = (machine: Machine) =>
    (['pause', 'resume', 'cancel', 'start'] as const).filter((action) => refusalOf(machine, action))
  assert.deepEqual(refused(running), ['resume', 'start'])
  assert.deepEqual(refused(paused), ['pause', 'start'])
  assert.deepEqual(refused(idle), ['pause', 'resume', 'cancel'])
  assert.match(refusalOf(idle, 'pause') ?? '', /cannot pause while idle/)
})

test('the next print has a new id, nothing going wrong, and the same printer before the same camera', () => {
  const first = addMachineFailure(printing(), { kind: 'spaghetti', layer: 5 })
  const next = startNext(first, 'b')
  assert.deepEqual([next.jobId, next.printSeconds, next.state], ['b', 0, 'printing'])
  assert.deepEqual(next.spec.failures, [])
  assert.deepEqual(next.run.world.camera, first.run.world.camera)
  assert.notDeepEqual(next.run.world.material, first.run.world.material)
})

test('a failure comes at the earliest in the next layer', () => {
  const machine = advanceMachine(createMachine(spec, 'a'), 60)
  const { layer } = statusOf(machine)
  assert.ok(layer > 2)
  assert.deepEqual(addMachineFailure(machine, { kind: 'clog', layer: 1 }).spec.failures, [
    { kind: 'clog', layer: layer + 1 },
  ])
})

test('time in one step or in many comes to the same', () => {
  let steps = createMachine(spec, 'a')
  for (let i = 0; i < 30; i++) steps = advanceMachine(steps, 0.5)
  assert.deepEqual(statusOf(steps), statusOf(advanceMachine(createMachine(spec, 'a'), 15)))
})

test('what a printer reports is the same whether its print is failing or not', () => {
  const good = advanceMachine(createMachine(spec, 'a'), 45)
  const failing = advanceMachine(
    createMachine({ ...spec, failures: [{ kind: 'detached', layer: 2 }] }, 'a'),
    45,
  )
  assert.deepEqual(statusOf(failing), statusOf(good))
})
