import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { IncidentView, LayerView, PrinterView } from '@layerwatch/shared/api.ts'
import { withIncidentLayer } from '../../../cloud/web/incident-layer.ts'
import { applyChange, emptyState, putLayers } from '../../../cloud/web/live-state.ts'

const id = '3b241101-e2bb-4255-8caf-4136c566a962'
const other = '8f14e45f-ceea-467f-a8d9-4136c566a962'

function layer(number: number, at = '2026-11-24T14:00:00.000Z'): LayerView {
  const judged = { health: 'fine' as const, verdict: 'ok' as const, defects: {}, frames: 3 }
  return { layer: number, ...judged, detections: [], reasons: [], at }
}

function printer(printerId: string, name: string): PrinterView {
  return {
    id: printerId,
    name,
    kind: 'simulated',
    device: { id, name: 'pi', isPresent: true },
    role: 'owner',
    state: 'idle',
    actions: [],
    watching: { isWatching: false, since: '2026-11-24T14:00:00.000Z' },
  }
}

describe('an alarm in the middle of a layer', () => {
  const incident: IncidentView = {
    id,
    printerId: id,
    printerName: 'A',
    printId: id,
    job: 'Star',
    status: 'open',
    severity: 'confirmed',
    defect: 'spaghetti',
    evidence: 0.99,
    beganAtLayer: 2,
    layer: 3,
    openedAt: '2026-11-24T14:00:00.000Z',
    pause: 'confirmed',
    reasons: ['11 pictures look like a failing print'],
    timeline: [],
  }

  test('shows that layer as failed, not as one nobody watched', () => {
    const last = withIncidentLayer([layer(1), layer(2)], incident).at(-1)
    assert.equal(last?.layer, 3)
    assert.equal(last?.health, 'failed')
    assert.equal(last?.evidence, 0.99)
  })

  test('leaves a layer alone that was judged, and a suspicion', () => {
    const judged = [layer(1), layer(2), layer(3)]
    assert.equal(withIncidentLayer(judged, incident), judged)
    assert.equal(withIncidentLayer([layer(1)], { ...incident, severity: 'suspected' }).length, 1)
  })
})

describe('the live state', () => {
  test('the stream begins with all printers, and then changes single ones', () => {
    let state = applyChange(emptyState, { type: 'printers', printers: [printer(id, 'A')] })
    state = applyChange(state, { type: 'printer', printer: printer(other, 'B') })
    state = applyChange(state, { type: 'printer', printer: printer(id, 'A2') })
    assert.deepEqual(
      state.printers?.map((one) => one.name),
      ['A2', 'B'],
    )
    state = applyChange(state, { type: 'printer.removed', printerId: id })
    assert.deepEqual(
      state.printers?.map((one) => one.name),
      ['B'],
    )
  })

  test('layers of prints nobody looks at are not kept', () => {
    const change = { type: 'layer' as const, printerId: id, printId: id, layer: layer(1) }
    assert.equal(applyChange(emptyState, change).layers.size, 0)
  })

  test('a layer that arrives twice or late stands in its place once', () => {
    let state = putLayers(emptyState, id, [layer(1), layer(3)])
    for (const number of [2, 3, 2]) {
      state = applyChange(state, { type: 'layer', printerId: id, printId: id, layer: layer(number) })
    }
    assert.deepEqual(
      state.layers.get(id)?.map((one) => one.layer),
      [1, 2, 3],
    )
  })

  test('what arrived live while the layers were read is kept', () => {
    let state = putLayers(emptyState, id, [layer(1)])
    state = applyChange(state, {
      type: 'layer',
      printerId: id,
      printId: id,
      layer: layer(2, '2026-11-24T14:05:00.000Z'),
    })
    state = putLayers(state, id, [layer(1)])
    assert.deepEqual(
      state.layers.get(id)?.map((one) => one.layer),
      [1, 2],
    )
  })
})
