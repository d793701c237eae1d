import { useRef, useState } from 'react'
import { getPrint, Refusal } from '../api.ts'
import { useLayers, useNow, usePrinter, useRead } from '../context.tsx'
import { dayAndTime } from '../format.ts'
import { Bar, OfflineBanner } from '../parts/bar.tsx'
import { Icon } from '../parts/icon.tsx'
import { Evidence, LayerStep, ProblemSteps } from '../parts/layer-detail.tsx'
import { LayerPicture } from '../parts/layer-picture.tsx'
import { LayerStrip } from '../parts/layer-strip.tsx'
import { Lens, Wedge } from '../parts/lens.tsx'
import { Numbers } from '../parts/numbers.tsx'
import { PrintVerdict } from '../parts/print-verdict.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { texts } from '../texts.ts'
import { Gone } from './gone.tsx'
import { outcomeOf } from './history.tsx'
import './incident.css'
import './printer.css'

/** A past print, layer by layer. */
export function Print({ printId }: { printId: string }) {
  const read = useRead(printId, (signal) => getPrint(printId, signal))
  const layers = useLayers(printId) ?? []
  const printer = usePrinter(read.data?.printerId ?? '')
  const nowMs = useNow(60_000)
  const [picked, setPicked] = useState<number>()
  const area = useRef<HTMLDivElement>(null)
  const print = read.data
  if (!print) {
    const title = read.error instanceof Refusal ? texts.printer.gone : texts.problem.unreachable
    return read.error ? <Gone title={title} /> : <div className="shell" />
  }
  const worst = layers.toSorted((a, b) => (b.evidence ?? 0) - (a.evidence ?? 0))[0]?.layer
  const at = picked ?? worst
  const view = layers.find((layer) => layer.layer === at)
  const outcome = outcomeOf(print)
  return (
    <div className="shell printer-shell">
      <div className="split">
        <OfflineBanner />
        <Bar
          title={print.job}
          backTo="/history"
          detail={
            <>
              {printer && <bdi>{printer.name}</bdi>}
              {printer && ', '}
              {dayAndTime(print.startedAt, nowMs)}
            </>
          }
        />
        <div className="print-area" ref={area}>
          <main className="print-left">
            <LayerPicture view={view} kept={undefined} onBack={undefined}>
              {at !== undefined && <ProblemSteps layers={layers} at={at} onPick={setPicked} />}
            </LayerPicture>
            <section className="print-state">
              <h2 className={`standing at-page ${outcome.tone}`}>
                <Icon name={outcome.icon} />
                <span>{outcome.text}</span>
              </h2>
            </section>
            <Numbers print={print} isMoving={false} />
            {at !== undefined && (
              <section className="print-lens">
                <LayerStep layers={layers} at={at} onPick={setPicked} />
                <Lens layers={layers} at={at} isPicked onPick={setPicked} />
              </section>
            )}
            {print.endedAt && printer && printer.role !== 'viewer' && (
              <PrintVerdict print={print} layer={at} onSaid={read.again} />
            )}
            {at !== undefined && (
              <section className="print-evidence">
                <Evidence view={view} />
              </section>
            )}
          </main>
          <aside className="print-right">
            <LayerStrip layers={layers} total={print.layers} isGrowing={false} at={at} onPick={setPicked} />
          </aside>
          {at !== undefined && <Wedge area={area} at={at} />}
        </div>
      </div>
      <Tabs />
    </div>
  )
}
