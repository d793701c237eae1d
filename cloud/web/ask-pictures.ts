import type { PrinterView } from '@layerwatch/shared/api.ts'
import { useEffect, useRef } from 'react'
import { newKey, sendCommand } from './api.ts'
import { useCanSend } from './context.tsx'
import { isActive } from './standing.ts'

const freshForMs = 60_000
const retryAfterMs = 120_000

/**
 * Asks for one picture of each printer under way whose newest is older than a minute, while the list is looked at.
 * Frames stay on the device unless an open page asks; a printer that refuses is left alone for two minutes.
 */
export function useNewestPictures(printers: readonly PrinterView[] | undefined): void {
  const canSend = useCanSend()
  const asked = useRef(new Map<string, number>())
  useEffect(() => {
    if (!canSend || document.visibilityState !== 'visible') return
    const nowMs = Date.now()
    for (const printer of printers ?? []) {
      const isDue = nowMs - (asked.current.get(printer.id) ?? 0) > retryAfterMs
      if (!isDue || !wantsPicture(printer, nowMs)) continue
      asked.current.set(printer.id, nowMs)
      // The picture arrives with the printer's next change; without one the card says how old its own is.
      sendCommand(printer.id, { action: 'snapshot' }, newKey()).then(
        () => asked.current.set(printer.id, Date.now() - freshForMs),
        () => undefined,
      )
    }
  }, [printers, canSend])
}

function wantsPicture(printer: PrinterView, nowMs: number): boolean {
  if (!printer.device.isPresent || printer.role === 'viewer' || !isActive(printer.state)) return false
  if (printer.state === 'paused') return printer.picture === undefined
  return printer.picture === undefined || nowMs - Date.parse(printer.picture.at) > freshForMs
}
