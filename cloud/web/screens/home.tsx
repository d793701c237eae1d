import type { PrinterView } from '@layerwatch/shared/api.ts'
import { Link } from 'wouter'
import { useNewestPictures } from '../ask-pictures.ts'
import { useLive } from '../context.tsx'
import { LinkSign, OfflineBanner } from '../parts/bar.tsx'
import { PrinterCard } from '../parts/card.tsx'
import { Icon, Mark } from '../parts/icon.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { sortByUrgency } from '../standing.ts'
import { texts } from '../texts.ts'
import { homeSummary, homeTitle } from '../wording.ts'
import './home.css'

/** All printers, the most urgent first, under one sentence. */
export function Home() {
  const printers = useLive((state) => state.printers)
  useNewestPictures(printers)
  return (
    <div className="shell">
      <main className="scroll">
        <OfflineBanner />
        <header className="home-head">
          <div className="top">
            <span className="brand">
              <Mark />
              {texts.name}
            </span>
            <LinkSign />
          </div>
          <h1 className="page-title">{titleOf(printers)}</h1>
          {printers && printers.length > 0 && <p className="summary">{homeSummary(printers)}</p>}
        </header>
        {printers && printers.length > 0 && (
          <section className="cards" aria-label={texts.tabs.printers}>
            {sortByUrgency(printers).map((printer) => (
              <PrinterCard key={printer.id} printer={printer} />
            ))}
          </section>
        )}
        {printers?.length === 0 && <NothingYet />}
      </main>
      <Tabs />
    </div>
  )
}

function titleOf(printers: readonly PrinterView[] | undefined): string {
  if (!printers) return texts.loading
  return printers.length === 0 ? texts.home.empty : homeTitle(printers)
}

function NothingYet() {
  return (
    <section className="nothing">
      <p>{texts.home.emptyWhy}</p>
      <svg className="core-outline" viewBox="0 0 120 190" aria-hidden="true">
        <path d="M1 183V1H68V183" />
        <path className="bed" d="M0 188H120" />
      </svg>
      <Link href="/devices/add" className="button primary wide">
        <Icon name="plus" />
        {texts.home.addDevice}
      </Link>
    </section>
  )
}
