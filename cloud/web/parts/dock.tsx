import type { PrinterView } from '@layerwatch/shared/api.ts'
import { askOf } from '../ask-store.ts'
import { askPhase, type FreshPicture } from '../asks.ts'
import { useAsks, useCanSend, useNow } from '../context.tsx'
import { isActive } from '../standing.ts'
import { texts } from '../texts.ts'
import { Confirmed } from './dock-buttons.tsx'
import { MovingDock } from './moving-dock.tsx'
import { PausedDock } from './paused-dock.tsx'
import './dock.css'

export type DockProps = {
  printer: PrinterView
  /** The newest picture, if a resume may name it. */
  picture: FreshPicture | undefined
  /** The screen shows something else than the newest picture, which bars Resume. */
  isLookingBack?: boolean
}

/** The deliberate acts, in the thumb's arc. Each button shows only what is known. */
export function Dock({ printer, picture, isLookingBack = false }: DockProps) {
  const nowMs = useNow(500)
  const asks = useAsks()
  const canSend = useCanSend()
  const stop = askPhase(askOf(asks, printer.id, 'cancel'), nowMs)
  if (!isActive(printer.state)) {
    return stop.kind === 'confirmed' ? (
      <footer className="dock">
        <Confirmed text={texts.dock.done.cancel} at={stop.at} />
      </footer>
    ) : null
  }
  const barred = barredBecause(printer, canSend)
  if (barred) return <Said {...barred} />
  return (
    <footer className="dock">
      {printer.state === 'paused' ? (
        <PausedDock printer={printer} picture={picture} isLookingBack={isLookingBack} nowMs={nowMs} />
      ) : (
        <MovingDock printer={printer} nowMs={nowMs} />
      )}
    </footer>
  )
}

type Barred = { title: string; why?: string }

function barredBecause(printer: PrinterView, canSend: boolean): Barred | undefined {
  if (printer.role === 'viewer') return { title: texts.dock.viewer, why: texts.dock.viewerWhy }
  if (!canSend) return { title: texts.dock.noConnection, why: texts.dock.noConnectionWhy }
  if (!printer.device.isPresent) {
    return { title: texts.dock.noDevice(printer.device.name), why: texts.dock.noDeviceWhy }
  }
  if (printer.actions.length === 0) return { title: texts.dock.cannot, why: texts.dock.cannotWhy }
  return undefined
}

function Said({ title, why }: Barred) {
  return (
    <footer className="dock">
      <div className="dock-button off said">
        <bdi className="name">{title}</bdi>
        {why && <small>{why}</small>}
      </div>
    </footer>
  )
}
