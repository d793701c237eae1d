import type { PrinterView } from '@layerwatch/shared/api.ts'
import { useLive } from '../context.tsx'
import { type Standing, type StandingKind, standingOf, type Tone } from '../standing.ts'
import { texts } from '../texts.ts'
import { standingTitle } from '../wording.ts'
import { Icon, type IconName } from './icon.tsx'
import './standing-line.css'

const toneIcons: Record<Tone, IconName> = {
  fail: 'warn',
  blind: 'blind',
  warn: 'warn',
  fine: 'fine',
  quiet: 'quiet',
}
const kindIcons: Partial<Record<StandingKind, IconName>> = {
  'alarm-paused': 'paused',
  paused: 'paused',
  silent: 'cloud',
  finished: 'check',
  cancelled: 'stop',
  offline: 'power',
}

/** A printer's state in words, with an icon whose shape says the same as its colour. */
export function StandingLine(props: {
  printer: PrinterView
  nowMs: number
  as?: 'h2' | 'p'
  size?: 'card' | 'page'
}) {
  const { printer, nowMs, as: Tag = 'h2', size = 'card' } = props
  const standing = standingOf(printer)
  const isStale = useLive((state) => state.link === 'lost' || state.link === 'connecting')
  return (
    <Tag className={`standing ${isStale ? 'blind' : standing.tone} at-${size}`}>
      <Icon name={iconOf(standing)} />
      <span>
        {isStale && `${texts.printer.lastKnown} `}
        {standingTitle(standing, printer, nowMs)}
      </span>
    </Tag>
  )
}

export function iconOf(standing: Standing): IconName {
  return kindIcons[standing.kind] ?? toneIcons[standing.tone]
}
