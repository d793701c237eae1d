/** What a committed transaction changed of a printer; the page is told of it. */
export type Change =
  | { kind: 'printer'; printerId: string }
  | { kind: 'layer'; printerId: string; printId: string; layer: number }
  | { kind: 'incident'; printerId: string; incidentId: string }
  | { kind: 'command'; printerId: string; commandId: string }
