import { useLive, useNow } from '../context.tsx'
import { standingOf } from '../standing.ts'
import { standingTitle, standingWhy } from '../wording.ts'

/** Speaks a new alarm at once to screen readers, whatever screen is open. Layers are never spoken. */
export function Alarm() {
  const worst = useLive((state) => state.printers?.find((printer) => standingOf(printer).tone === 'fail'))
  const nowMs = useNow(60_000)
  const standing = worst && standingOf(worst)
  return (
    <p className="hidden-text" role="alert">
      {worst &&
        standing &&
        `${worst.name}: ${standingTitle(standing, worst, nowMs)}. ${standingWhy(standing, worst, nowMs)}`}
    </p>
  )
}
