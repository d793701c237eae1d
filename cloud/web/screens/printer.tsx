import type { IncidentView, LayerView, PrinterView } from '@layerwatch/shared/api.ts'
import { useRef, useState } from 'react'
import { Link } from 'wouter'
import { snapshotUrl } from '../api.ts'
import { useAlarmedLayers, useIncident, useLive, useNow, usePrinter } from '../context.tsx'
import { moment } from '../format.ts'
import { blindRemedies } from '../names.ts'
import { type ShownPicture, useNewestPicture } from '../newest-picture.ts'
import { Bar, OfflineBanner } from '../parts/bar.tsx'
import { Cameras } from '../parts/cameras.tsx'
import { Dock } from '../parts/dock.tsx'
import { Icon } from '../parts/icon.tsx'
import { Evidence, LayerStep, ProblemSteps } from '../parts/layer-detail.tsx'
import { LayerPicture } from '../parts/layer-picture.tsx'
import { LayerStrip } from '../parts/layer-strip.tsx'
import { Learned } from '../parts/learned.tsx'
import { Lens, Wedge } from '../parts/lens.tsx'
import { LivePicture } from '../parts/live-picture.tsx'
import { Numbers } from '../parts/numbers.tsx'
import { StandingLine } from '../parts/standing-line.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { isActive, standingOf } from '../standing.ts'
import { texts } from '../texts.ts'
import { standingWhy } from '../wording.ts'
import { Gone } from './gone.tsx'
import './printer.css'

/** One printer: its live picture, its core beside it, and Pause under the thumb. */
export function Printer({ printerId }: { printerId: string }) {
  const printer = usePrinter(printerId)
  const isKnown = useLive((state) => state.printers !== undefined)
  if (!printer)
    return isKnown ? (
      <Gone title={texts.printer.gone} why={texts.printer.goneWhy} />
    ) : (
      <div className="shell" />
    )
  return <PrinterFound printer={printer} />
}

function PrinterFound({ printer }: { printer: PrinterView }) {
  const incident = useIncident(printer.incident?.id).data
  const layers = useAlarmedLayers(printer.print?.id, incident)
  const [picked, setPicked] = useState<number>()
  const newest = useNewestPicture(printer)
  const area = useRef<HTMLDivElement>(null)
  const isRunning = isActive(printer.state)
  const at = layers.some((layer) => layer.layer === picked) ? picked : undefined
  return (
    <div className="shell printer-shell">
      <div className="split">
        <OfflineBanner />
        <Bar title={printer.name} detail={<PrinterDetail printer={printer} />} />
        <div className="print-area" ref={area}>
          <main className="print-left">
            {at === undefined ? (
              <Now printer={printer} newest={newest} layers={layers} onPick={setPicked} />
            ) : (
              <LookingBack printer={printer} incident={incident} layers={layers} at={at} onPick={setPicked} />
            )}
          </main>
          <aside className="print-right">
            <LayerStrip
              layers={layers}
              total={printer.print?.layers}
              isGrowing={isRunning}
              at={at}
              onPick={setPicked}
            />
          </aside>
          {at !== undefined && <Wedge area={area} at={at} />}
        </div>
        <Dock printer={printer} picture={newest} isLookingBack={at !== undefined} />
      </div>
      <Tabs />
    </div>
  )
}

function PrinterDetail({ printer }: { printer: PrinterView }) {
  const nowMs = useNow(10_000)
  const { watching, print } = printer
  const watched = watching.isWatching ? `watching since ${moment(watching.since, nowMs)}` : ''
  return (
    <>
      {print && <bdi>{print.job}</bdi>}
      {print && watched && ', '}
      {watched}
    </>
  )
}

type NowProps = {
  printer: PrinterView
  newest: ShownPicture | undefined
  layers: readonly LayerView[]
  onPick: (layer: number) => void
}

function Now({ printer, newest, layers, onPick }: NowProps) {
  const nowMs = useNow(1000)
  const newestLayer = layers.at(-1)
  const standing = standingOf(printer)
  const reason = printer.watching.isWatching ? undefined : printer.watching.reason
  const remedy = standing.kind === 'blind' && reason ? blindRemedies[reason] : undefined
  return (
    <>
      <LivePicture printer={printer} newest={newest} />
      <section className="print-state">
        <StandingLine printer={printer} nowMs={nowMs} size="page" />
        <p className="why">
          {standing.kind === 'fine' && newestLayer
            ? quietWhy(layers, newestLayer)
            : [standingWhy(standing, printer, nowMs), remedy].filter(Boolean).join('. ')}
        </p>
        <Limits limits={printer.limits} />
        {printer.incident && (
          <Link
            href={`/incidents/${printer.incident.id}`}
            className={`button${standing.tone === 'fail' ? ' danger' : ''}`}
          >
            {standing.tone === 'fail' ? texts.printer.seeIncident : texts.printer.lookCloser}
            <Icon name="forward" />
          </Link>
        )}
      </section>
      {printer.print && isActive(printer.state) && (
        <Numbers print={printer.print} isMoving={printer.state === 'printing'} />
      )}
      {newestLayer && (
        <section className="print-lens" aria-label={texts.printer.lastLayers}>
          <Lens layers={layers} at={newestLayer.layer} isPicked={false} onPick={onPick} />
        </section>
      )}
      {isActive(printer.state) && <Cameras cameras={printer.cameras} />}
      <Learned printer={printer} />
    </>
  )
}

/** What its device may not do with it, and how to mend that. */
function Limits({ limits }: { limits: readonly string[] | undefined }) {
  if (!limits?.length) return null
  return (
    <ul className="limits">
      {limits.map((limit) => (
        <li key={limit}>
          <bdi>{limit}</bdi>
        </li>
      ))}
    </ul>
  )
}

/** How long nothing was seen, and when it was last looked at. */
function quietWhy(layers: readonly LayerView[], newest: LayerView): string {
  const lastTroubled = layers.findLast((layer) => layer.health === 'suspected' || layer.health === 'failed')
  return `${texts.printer.quietSince(lastTroubled?.layer)} ${texts.printer.lastChecked(newest.at, newest.layer)}`
}

type LookingBackProps = {
  printer: PrinterView
  incident: IncidentView | undefined
  layers: readonly LayerView[]
  at: number
  onPick: (layer: number | undefined) => void
}

function LookingBack({ printer, incident, layers, at, onPick }: LookingBackProps) {
  const view = layers.find((layer) => layer.layer === at)
  const pictures = [incident?.picture, printer.picture, incident?.before]
  const picture = pictures.find((one) => one?.layer === at)
  const kept = picture ? { src: snapshotUrl(picture.id), detections: picture.detections } : undefined
  return (
    <>
      <LayerPicture
        view={view}
        kept={kept}
        onBack={isActive(printer.state) ? () => onPick(undefined) : undefined}
      >
        <ProblemSteps layers={layers} at={at} onPick={onPick} />
      </LayerPicture>
      <section className="print-lens picked">
        <LayerStep layers={layers} at={at} onPick={onPick} />
        <Lens layers={layers} at={at} isPicked onPick={onPick} />
      </section>
      <section className="print-evidence">
        <Evidence view={view} />
      </section>
    </>
  )
}
