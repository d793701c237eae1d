import type { PrintView } from '@layerwatch/shared/api.ts'
import { useNow } from '../context.tsx'
import { count, duration } from '../format.ts'
import { texts } from '../texts.ts'

/** How far the print is, large enough to read from across the room. */
export function Numbers({ print, isMoving }: { print: PrintView; isMoving: boolean }) {
  const nowMs = useNow(10_000)
  return (
    <section className="numbers">
      {print.layer !== undefined && (
        <div>
          <b>
            {count(print.layer)}
            {print.layers !== undefined && <small> / {count(print.layers)}</small>}
          </b>
          {texts.printer.layer}
        </div>
      )}
      {print.secondsLeft !== undefined && isMoving && (
        <div>
          <b>
            <Duration seconds={print.secondsLeft} />
          </b>
          {texts.printer.left(print.secondsLeft, nowMs)}
        </div>
      )}
    </section>
  )
}

/** Minutes with a small unit, hours as one word: 48 min, 1 h 12. */
function Duration({ seconds }: { seconds: number }) {
  const [number, unit] = duration(seconds).split(' min')
  return unit === undefined ? (
    number
  ) : (
    <>
      {number}
      <small> min</small>
    </>
  )
}
