import type { IncidentView, SnapshotView } from '@layerwatch/shared/api.ts'
import { snapshotFreshForMs } from '@layerwatch/shared/commands.ts'
import { useState } from 'react'
import { Link } from 'wouter'
import { Refusal, snapshotUrl } from '../api.ts'
import { useAlarmedLayers, useIncident, useNow, usePrinter } from '../context.tsx'
import { count } from '../format.ts'
import { type ShownPicture, useNewestPicture } from '../newest-picture.ts'
import { Bar, OfflineBanner } from '../parts/bar.tsx'
import { Choices } from '../parts/choices.tsx'
import { Dock } from '../parts/dock.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { liveForMs } from '../parts/live-picture.tsx'
import { focusOf, Picture, type PictureProps } from '../parts/picture.tsx'
import { PictureDialog } from '../parts/picture-dialog.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { isActive, type Tone } from '../standing.ts'
import { texts } from '../texts.ts'
import { incidentTitle, incidentWhy, lastTurn, sentences } from '../wording.ts'
import { Gone } from './gone.tsx'
import './incident.css'

/** One failure: before and now side by side, what was done by whom, and what can be done. */
export function Incident({ incidentId }: { incidentId: string }) {
  const read = useIncident(incidentId)
  if (read.data) return <IncidentFound incident={read.data} />
  const isGone = read.error instanceof Refusal
  if (isGone) return <Gone title={texts.incident.gone} />
  return read.error ? <Gone title={texts.problem.unreachable} /> : <div className="shell" />
}

function IncidentFound({ incident }: { incident: IncidentView }) {
  const nowMs = useNow(1000)
  const printer = usePrinter(incident.printerId)
  const layers = useAlarmedLayers(incident.printId, incident)
  const isOtherPrint = printer?.print !== undefined && printer.print.id !== incident.printId
  const isCurrent = printer !== undefined && !isOtherPrint && isActive(printer.state)
  const newest = useNewestPicture(printer, isCurrent)
  const layer =
    incident.layers === undefined
      ? count(incident.layer)
      : `${count(incident.layer)} of ${count(incident.layers)}`
  return (
    <div className="shell incident-shell">
      <div className="split">
        <OfflineBanner />
        <Bar
          title={incident.printerName}
          backTo="/alerts"
          detail={
            <>
              <bdi>{incident.job}</bdi>, layer {layer}
            </>
          }
        >
          <Link
            href={`/printers/${incident.printerId}`}
            className="icon-button"
            aria-label={texts.incident.openPrinter}
          >
            <Icon name="printer" />
          </Link>
        </Bar>
        <main className="scroll incident">
          <Hero incident={incident} nowMs={nowMs} />
          <Pictures incident={incident} newest={isCurrent ? newest : undefined} nowMs={nowMs} />
          <Timeline incident={incident} layers={layers} />
          {printer?.role !== 'viewer' && <Choices incident={incident} />}
        </main>
        {printer && !isOtherPrint && <Dock printer={printer} picture={newest} />}
      </div>
      <Tabs />
    </div>
  )
}

function Hero({ incident, nowMs }: { incident: IncidentView; nowMs: number }) {
  const { tone, icon } = lookOf(incident)
  const isUrgent = incident.status === 'open' && tone === 'fail'
  return (
    <section className="hero">
      <div role={isUrgent ? 'alert' : undefined}>
        <h2 className={`standing at-hero ${tone}`}>
          <Icon name={icon} />
          <span>{incidentTitle(incident, nowMs)}</span>
        </h2>
      </div>
      <p>{incidentWhy(incident)}</p>
      {incident.reasons.length > 0 && <p className="detail">{sentences(incident.reasons)}</p>}
    </section>
  )
}

function lookOf(incident: IncidentView): { tone: Tone; icon: IconName } {
  const turn = lastTurn(incident)?.kind
  if (turn === 'stopped') return { tone: 'quiet', icon: 'stop' }
  if (turn === 'ended') return { tone: 'fail', icon: 'stop' }
  if (turn === 'cleared') return { tone: 'quiet', icon: 'check' }
  if (turn === 'resumed') return { tone: 'warn', icon: 'play' }
  if (incident.severity === 'suspected') return { tone: 'warn', icon: 'warn' }
  return { tone: 'fail', icon: incident.pause === 'confirmed' ? 'paused' : 'warn' }
}

type PicturesProps = {
  incident: IncidentView
  newest: ShownPicture | undefined
  nowMs: number
}

function Pictures({ incident, newest, nowMs }: PicturesProps) {
  const [open, setOpen] = useState<'before' | 'after'>()
  const focus = focusOf(incident.picture?.detections ?? [])
  const before = storedPicture(incident.before, texts.incident.noBefore, (shown) =>
    texts.incident.before(shown.layer, shown.at, nowMs),
  )
  const after = nowPicture(newest, nowMs) ?? {
    ...storedPicture(incident.picture, texts.incident.noThen, (shown) =>
      texts.incident.alarm(shown.layer, shown.at, nowMs),
    ),
  }
  const isConfirmed = incident.severity === 'confirmed'
  const pictures = { before, after }
  const shown = open && pictures[open]
  return (
    <section className="pair">
      {(['before', 'after'] as const).map((which) => (
        <button key={which} type="button" onClick={() => setOpen(which)}>
          <span className="hidden-text">{texts.printer.enlarge}</span>
          <Picture {...pictures[which]} focus={focus} isConfirmed={isConfirmed} alt="" />
        </button>
      ))}
      {shown && (
        <PictureDialog onClose={() => setOpen(undefined)}>
          <Picture {...shown} isConfirmed={isConfirmed} fit="whole" alt={shown.tag?.text ?? ''} />
        </PictureDialog>
      )}
    </section>
  )
}

type Shown = Pick<PictureProps, 'src' | 'detections' | 'tag' | 'isOld' | 'missing'>

function storedPicture(
  picture: SnapshotView | undefined,
  missing: string,
  say: (shown: SnapshotView) => string,
): Shown {
  if (!picture) return { missing }
  return { src: snapshotUrl(picture.id), detections: picture.detections, tag: { text: say(picture) } }
}

/** The newest picture, live or asked for; coloured only while it may be resumed on. */
function nowPicture(newest: ShownPicture | undefined, nowMs: number): Shown | undefined {
  if (!newest) return undefined
  const ageMs = nowMs - newest.takenAtMs
  const isOld = ageMs > snapshotFreshForMs
  const text = isOld ? texts.printer.oldAge(newest.takenAtMs, nowMs) : texts.incident.now(ageMs)
  return { src: newest.src, detections: newest.detections, isOld, tag: { text, isLive: ageMs <= liveForMs } }
}
