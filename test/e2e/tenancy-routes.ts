/*
 * Every route of the app and whose it is. The tenancy test compares this table with what the app itself says it
 * has: a route without a row here fails it.
 */

/** Ids of what one person has. */
export interface Belongings {
  printer: string
  print: string
  incident: string
  snapshot: string
  command: string
  pairing: string
  device: string
}

export type Row = {
  route: string
  /** What to send, given what the person asked about has. */
  body?: (theirs: Belongings) => object
  isStream?: true
  hasNoHead?: true
} & (
  | { kind: 'public'; status: number }
  /** The session alone says whose it is. */
  | { kind: 'mine'; signedOut?: number; refused?: number }
  /** The address names one thing. */
  | { kind: 'one'; what: keyof Belongings }
)

const subscription = {
  endpoint: 'https://push.example.org/somebody',
  keys: { p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUb', auth: 'tBHItJI5svbpez7KI4CCXg' },
}

export const rows: readonly Row[] = [
  // The cloud has its owner, and nobody else may make themselves an account.
  { route: 'POST /api/auth/sign-up/email', kind: 'public', status: 403 },
  { route: 'POST /api/auth/sign-in/email', kind: 'public', status: 400 },
  { route: 'GET /api/auth/get-session', kind: 'mine', signedOut: 200, hasNoHead: true },
  { route: 'GET /api/setup', kind: 'public', status: 200 },
  { route: 'GET /healthz', kind: 'public', status: 200 },
  { route: 'GET /readyz', kind: 'public', status: 200 },
  { route: 'POST /api/pairing', kind: 'public', status: 400 },
  // A signed token is all that counts.
  { route: 'POST /api/acts/look', kind: 'public', status: 400 },
  { route: 'POST /api/acts', kind: 'public', status: 400 },

  { route: 'GET /api/me', kind: 'mine' },
  { route: 'GET /api/printers', kind: 'mine' },
  { route: 'GET /api/devices', kind: 'mine' },
  { route: 'GET /api/incidents', kind: 'mine' },
  { route: 'GET /api/live', kind: 'mine', isStream: true },
  { route: 'POST /api/pairings', kind: 'mine' },
  { route: 'POST /api/push-subscriptions', kind: 'mine', body: () => subscription },
  {
    route: 'DELETE /api/push-subscriptions',
    kind: 'mine',
    body: () => ({ endpoint: subscription.endpoint }),
  },
  { route: 'GET /api/contacts', kind: 'mine' },
  { route: 'POST /api/contacts', kind: 'mine', body: () => ({ kind: 'ntfy', topic: 'printers-x7' }) },
  // This cloud has no bot.
  { route: 'POST /api/contacts/telegram', kind: 'mine', refused: 409 },
  { route: 'DELETE /api/contacts', kind: 'mine', body: () => ({ kind: 'ntfy' }) },
  { route: 'GET /api/preferences', kind: 'mine' },
  { route: 'PATCH /api/preferences', kind: 'mine', body: () => ({ timeZone: 'Europe/Berlin' }) },
  { route: 'POST /api/notifications/test', kind: 'mine' },

  { route: 'GET /api/printers/:printerId', kind: 'one', what: 'printer' },
  { route: 'GET /api/printers/:printerId/prints', kind: 'one', what: 'printer' },
  { route: 'GET /api/printers/:printerId/live', kind: 'one', what: 'printer', isStream: true },
  {
    route: 'POST /api/printers/:printerId/commands',
    kind: 'one',
    what: 'printer',
    body: ({ print }) => ({ action: 'cancel', printId: print }),
  },
  { route: 'GET /api/prints/:printId', kind: 'one', what: 'print' },
  { route: 'GET /api/prints/:printId/layers', kind: 'one', what: 'print' },
  {
    route: 'PUT /api/prints/:printId/verdict',
    kind: 'one',
    what: 'print',
    body: () => ({ verdict: 'failed' }),
  },
  { route: 'GET /api/incidents/:id', kind: 'one', what: 'incident' },
  { route: 'POST /api/incidents/:id/acknowledge', kind: 'one', what: 'incident' },
  {
    route: 'POST /api/incidents/:id/resolve',
    kind: 'one',
    what: 'incident',
    body: () => ({ outcome: 'false-alarm' }),
  },
  { route: 'GET /api/snapshots/:id.jpg', kind: 'one', what: 'snapshot' },
  { route: 'GET /api/commands/:id', kind: 'one', what: 'command' },
  { route: 'GET /api/pairings/:id', kind: 'one', what: 'pairing' },
  // These end what the others need, so they come last.
  { route: 'DELETE /api/devices/:id', kind: 'one', what: 'device' },
  { route: 'POST /api/auth/change-password', kind: 'mine', signedOut: 400 },
  { route: 'POST /api/auth/update-user', kind: 'mine', body: () => ({ name: 'Somebody' }) },
  { route: 'POST /api/auth/revoke-other-sessions', kind: 'mine' },
  { route: 'POST /api/auth/sign-out', kind: 'mine', signedOut: 200 },
]

/** Reads `app.printRoutes({ commonPrefix: false })`: a tree, each line a piece of an address and its methods. */
export function readRoutes(printed: string): string[] {
  const above: string[] = []
  return printed.split('\n').flatMap((line) => {
    const found = /^([│ ]*)[├└]── (\S+) \((.+)\)$/.exec(line)
    if (!found) return []
    const [, indent = '', piece = '', methods = ''] = found
    const depth = indent.length / 4
    above.length = depth
    above[depth] = piece
    return methods.split(', ').map((method) => `${method} ${above.join('')}`)
  })
}
