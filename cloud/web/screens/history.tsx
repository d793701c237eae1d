import type { PrinterView, PrintView } from '@layerwatch/shared/api.ts'
import { Link } from 'wouter'
import { getPrinterPrints } from '../api.ts'
import { useLayers, useLive, useNow, useRead } from '../context.tsx'
import { dayAndTime, duration } from '../format.ts'
import { printOutcomes } from '../names.ts'
import { OfflineBanner } from '../parts/bar.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { StripCanvas } from '../parts/strip-canvas.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { texts } from '../texts.ts'
import './lists.css'

const shelfCount = 12
const listCount = 60
const shelfPx = 90

/** Past prints, each as its core: twelve on one bed, then all of them in a list. */
export function History() {
  const printers = useLive((state) => state.printers)
  const key = printers?.map((printer) => printer.id).join(' ') ?? ''
  const read = useRead(`prints ${key}`, (signal) => readPrints(printers ?? [], signal))
  const prints = read.data ?? []
  return (
    <div className="shell">
      <main className="scroll">
        <OfflineBanner />
        <header className="list-head">
          <h1 className="page-title">{texts.history.title}</h1>
        </header>
        {read.error !== undefined && prints.length === 0 && (
          <p className="pad wrong">{texts.problem.unreachable}</p>
        )}
        {prints.length > 0 && <Shelf prints={prints.slice(0, shelfCount).toReversed()} />}
        {read.data && prints.length === 0 && (
          <section className="nothing">
            <h2>{texts.history.empty}</h2>
            <p>{texts.history.emptyWhy}</p>
            <svg className="core-outline" viewBox="0 0 120 190" aria-hidden="true">
              <path d="M1 183V1H68V183" />
              <path className="bed" d="M0 188H120" />
            </svg>
          </section>
        )}
        <ul className="list">
          {prints.slice(0, listCount).map((print) => (
            <li key={print.id}>
              <PrintLine print={print} printer={printers?.find((other) => other.id === print.printerId)} />
            </li>
          ))}
        </ul>
      </main>
      <Tabs />
    </div>
  )
}

async function readPrints(printers: readonly PrinterView[], signal: AbortSignal): Promise<PrintView[]> {
  const prints = await Promise.all(printers.map((printer) => getPrinterPrints(printer.id, signal)))
  return prints.flat().sort((a, b) => b.startedAt.localeCompare(a.startedAt))
}

/** The last prints as cores on one bed, their heights true to each other. */
function Shelf({ prints }: { prints: readonly PrintView[] }) {
  const tallest = Math.max(...prints.map((print) => print.layers ?? print.layer ?? 1))
  return (
    <div className="shelf" role="img" aria-label={texts.history.shelf}>
      {prints.map((print) => {
        const layers = print.layers ?? print.layer ?? 1
        const heightPx = Math.max(14, Math.round((shelfPx * layers) / tallest))
        return <PrintStrip key={print.id} print={print} heightPx={heightPx} bedPx={0} />
      })}
    </div>
  )
}

function PrintStrip({ print, heightPx, bedPx }: { print: PrintView; heightPx: number; bedPx: number }) {
  const layers = useLayers(print.id)
  return (
    <span className="core" style={{ height: heightPx }}>
      <StripCanvas layers={layers ?? []} total={print.layers ?? print.layer} bedPx={bedPx} />
    </span>
  )
}

function PrintLine({ print, printer }: { print: PrintView; printer: PrinterView | undefined }) {
  const nowMs = useNow(60_000)
  const seconds = print.endedAt ? (Date.parse(print.endedAt) - Date.parse(print.startedAt)) / 1000 : undefined
  const { icon, tone, text } = outcomeOf(print)
  return (
    <Link
      href={print.endedAt ? `/prints/${print.id}` : `/printers/${print.printerId}`}
      className="line print-line"
    >
      <PrintStrip print={print} heightPx={64} bedPx={2} />
      <span className="what">
        <b>
          <bdi className="name">{print.job}</bdi>
        </b>
        <span className={`outcome ${tone}`}>
          <Icon name={icon} />
          <span className="name">
            {text}
            {print.layer !== undefined && `, ${texts.history.layers(print.layer, print.layers)}`}
          </span>
        </span>
        <small>
          <bdi className="name">
            {dayAndTime(print.startedAt, nowMs)}
            {seconds !== undefined && `, ${duration(seconds)}`}
            {printer && `, ${printer.name}`}
          </bdi>
        </small>
      </span>
      <Icon name="forward" />
    </Link>
  )
}

/** What a print came to, in words, with an icon and a tone. */
export function outcomeOf(print: PrintView): { icon: IconName; tone: string; text: string } {
  switch (print.outcome) {
    case 'finished':
      return { icon: 'fine', tone: 'fine', text: printOutcomes.finished }
    case 'cancelled':
      return { icon: 'stop', tone: 'quiet', text: printOutcomes.cancelled }
    case 'failed':
      return { icon: 'warn', tone: 'fail', text: printOutcomes.failed }
    case undefined:
      return { icon: 'printer', tone: 'quiet', text: texts.history.running }
  }
}
