import type { PrinterView } from '@layerwatch/shared/api.ts'
import { memo } from 'react'
import { Link, useLocation } from 'wouter'
import { snapshotUrl } from '../api.ts'
import { askOf } from '../ask-store.ts'
import { askPhase } from '../asks.ts'
import { useAsks, useCanSend, useLayers, useNow, useSession } from '../context.tsx'
import { age, count, moment } from '../format.ts'
import { isActive, standingOf } from '../standing.ts'
import { texts } from '../texts.ts'
import { standingWhy } from '../wording.ts'
import { Icon } from './icon.tsx'
import { Picture } from './picture.tsx'
import { StandingLine } from './standing-line.tsx'
import { StripCanvas } from './strip-canvas.tsx'
import './card.css'

const oldAfterMs = 120_000

/** A printer at a glance: its newest picture, its core, and what is known of it. */
export const PrinterCard = memo(function PrinterCard({ printer }: { printer: PrinterView }) {
  const nowMs = useNow(5000)
  const layers = useLayers(printer.print?.id)
  const standing = standingOf(printer)
  const isTrouble = standing.tone === 'fail'
  const frame = standing.tone === 'blind' && standing.needsYou ? ' dim' : ''
  const target =
    printer.incident && isTrouble ? `/incidents/${printer.incident.id}` : `/printers/${printer.id}`
  return (
    <article className={`card${isTrouble ? ' need' : frame}`}>
      <Link href={target} className="all" aria-label={printer.name}>
        <span className="hidden-text">{printer.name}</span>
      </Link>
      <div className="shot">
        <CardPicture printer={printer} nowMs={nowMs} />
      </div>
      <div className="core">
        <StripCanvas
          layers={layers ?? []}
          total={printer.print?.layers}
          isGrowing={isActive(printer.state)}
        />
      </div>
      <div className="said">
        <p className="who">
          <bdi className="name">{printer.name}</bdi>
          {printer.print && <bdi className="name job">{printer.print.job}</bdi>}
        </p>
        <StandingLine printer={printer} nowMs={nowMs} />
        <p className="why">{standingWhy(standing, printer, nowMs)}</p>
        <CardFoot printer={printer} isTrouble={isTrouble} target={target} />
      </div>
    </article>
  )
})

function CardPicture({ printer, nowMs }: { printer: PrinterView; nowMs: number }) {
  const { picture } = printer
  const standing = standingOf(printer)
  const ageMs = picture ? nowMs - Date.parse(picture.at) : 0
  const isLive = useCanSend()
  const isOld =
    !isLive ||
    standing.tone === 'blind' ||
    (isActive(printer.state) && printer.state !== 'paused' && ageMs > oldAfterMs)
  const said = ageMs < oldAfterMs ? `${age(ageMs)} old` : moment(picture?.at ?? 0, nowMs)
  return (
    <Picture
      src={picture && snapshotUrl(picture.id)}
      alt=""
      detections={picture?.detections ?? []}
      isConfirmed={printer.incident?.severity === 'confirmed'}
      isOld={isOld}
      hasLabels={false}
      missing={texts.home.noPicture}
      tag={picture && { text: said, ...(isOld ? { icon: 'blind' as const } : {}) }}
    />
  )
}

function CardFoot({
  printer,
  isTrouble,
  target,
}: {
  printer: PrinterView
  isTrouble: boolean
  target: string
}) {
  const [, go] = useLocation()
  const { print } = printer
  if (isTrouble && printer.incident) {
    return (
      <button type="button" className="look" onClick={() => go(target)}>
        <span className="long">{texts.home.look}</span>
        <span className="short">{texts.home.lookShort}</span>
        <Icon name="forward" />
      </button>
    )
  }
  if (!print || !isActive(printer.state)) return null
  return (
    <div className="foot">
      <p>
        {print.layer !== undefined && (
          <>
            <b>{count(print.layer)}</b>
            {print.layers !== undefined && ` / ${count(print.layers)}`}
          </>
        )}
        {print.secondsLeft !== undefined && printer.state === 'printing' && (
          <span>{texts.printer.leftShort(print.secondsLeft)}</span>
        )}
      </p>
      <QuickPause printer={printer} />
    </div>
  )
}

/** Pause at once, from the list. Its result shows in the card's own state. */
function QuickPause({ printer }: { printer: PrinterView }) {
  const { asks: store } = useSession()
  const canSend = useCanSend()
  const ask = askOf(useAsks(), printer.id, 'pause')
  // Seconds are counted only while there are some to count.
  const nowMs = useNow(ask ? 1000 : 60_000)
  const phase = askPhase(ask, nowMs)
  const isOffered =
    printer.state === 'printing' && printer.role !== 'viewer' && printer.actions.includes('pause')
  if (!isOffered || !canSend || !printer.device.isPresent) return null
  if (phase.kind === 'sent') {
    return (
      <span className="quick sent" role="status" aria-label={texts.dock.sent.pause}>
        <Icon name="sent" />
        {phase.seconds} s
      </span>
    )
  }
  return (
    <button
      type="button"
      className={phase.kind === 'unconfirmed' ? 'quick failed' : 'quick'}
      aria-label={texts.home.pause(printer.name)}
      onClick={() => store.ask(printer, 'pause')}
    >
      <Icon name={phase.kind === 'unconfirmed' ? 'warn' : 'pause'} solid={phase.kind !== 'unconfirmed'} />
    </button>
  )
}
