import { ResolveRequest } from '@layerwatch/shared/api.ts'
import { PrintVerdictRequest } from '@layerwatch/shared/marks.ts'
import { type Handler, refuse } from './mock.ts'
import { ago, changeIncident, type World } from './world.ts'

/** The mock cloud's routes for what people say of incidents and prints. */

export function sayingRoutes(world: World): [RegExp, Handler][] {
  const id = '([0-9a-f-]+)'
  return [
    [
      new RegExp(`^POST /api/incidents/${id}/(?:acknowledge|resolve)$`),
      ({ body }, incidentId) => judge(world, incidentId, body),
    ],
    [
      new RegExp(`^PUT /api/prints/${id}/verdict$`),
      (exchange, printId) => markPrint(world, exchange, printId),
    ],
  ]
}

const Said = ResolveRequest.partial()

function judge(world: World, incidentId: string, body: unknown): void {
  const { outcome, ignore } = Said.parse(body ?? {})
  const by = { by: 'person' as const, person: 'Ada' }
  if (!outcome) {
    changeIncident(world, incidentId, { status: 'acknowledged' }, { at: ago(0), kind: 'acknowledged', ...by })
    return
  }
  const isTakenBack = outcome === 'taken-back'
  const verdict = outcome === 'false-alarm' ? 'fine' : 'failed'
  const said = {
    outcome: isTakenBack ? undefined : outcome,
    mark: isTakenBack ? undefined : ({ verdict, ignore, isKept: false } as const),
  }
  const change = { status: 'resolved' as const, resolvedAt: ago(0), ...said }
  changeIncident(world, incidentId, change, { at: ago(0), kind: 'resolved', detail: outcome, ...by })
}

function markPrint(world: World, { response, body }: Parameters<Handler>[0], printId: string): unknown {
  const { verdict, failedAtLayer } = PrintVerdictRequest.parse(body)
  const print = world.prints.get(printId)
  if (!print) return refuse(response, 404, 'not-found', 'There is no such print.')
  const mark = verdict === 'none' ? undefined : { verdict, failedAtLayer, isKept: false }
  const marked = { ...print, mark }
  world.prints.set(printId, marked)
  return marked
}
