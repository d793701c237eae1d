import { PrinterView, type Role } from '@layerwatch/shared/api.ts'
import { instant, withoutNulls } from './db/json.ts'
import type { PrinterToView } from './db/printers.ts'
import { viewPrint } from './db/prints.ts'
import { viewSnapshot } from './db/snapshots.ts'

/** A printer as the person with this role sees it. */
export function viewPrinter(
  { printer, print, picture }: PrinterToView,
  { role, isPresent }: { role: Role; isPresent: boolean },
): PrinterView {
  const { id, name, kind, state, actions, limits, device } = printer
  const cameras = PrinterView.shape.cameras.safeParse(printer.cameras ?? undefined).data
  const learned = PrinterView.shape.learned.safeParse(printer.learned ?? undefined).data
  return PrinterView.parse(
    withoutNulls({
      id,
      name,
      kind,
      state,
      actions,
      limits: limits.length > 0 ? limits : undefined,
      role,
      pausedBy: printer.pausedBy,
      pausedAt: printer.pausedAt && instant(printer.pausedAt),
      device: withoutNulls({
        id: device.id,
        name: device.name,
        isPresent,
        heardAt: device.heardAt && instant(device.heardAt),
      }),
      watching: isPresent ? printer.watching : silence(device),
      cameras: isPresent && cameras?.length ? cameras : undefined,
      print: print && viewPrint(print, print.endedAt === null ? printer : undefined),
      incident: worstIncident(printer),
      learned: learned?.words.length ? learned : undefined,
      // An id a device made up must not show another printer's picture.
      picture: picture?.printerId === id ? viewSnapshot(picture) : undefined,
    }),
  )
}

/** A device nobody heard may still be watching, but nobody can say so. */
function silence(device: PrinterToView['printer']['device']): PrinterView['watching'] {
  return { isWatching: false, since: instant(device.heardAt ?? device.pairedAt), reason: 'agent-silent' }
}

function worstIncident({
  incidents,
  printId,
}: PrinterToView['printer']): Record<string, unknown> | undefined {
  const current = incidents.filter((incident) => incident.printId === printId)
  const worst = current.find((incident) => incident.severity === 'confirmed') ?? current[0]
  return worst && { ...worst, openedAt: instant(worst.openedAt) }
}
