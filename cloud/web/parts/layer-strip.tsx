import type { LayerView } from '@layerwatch/shared/api.ts'
import { axisLayers, layerAt, nextProblem, type Strip } from '@layerwatch/shared/strip.ts'
import { useCallback, useRef, useState } from 'react'
import { count } from '../format.ts'
import { texts } from '../texts.ts'
import { layerSpoken } from '../wording.ts'
import { StripCanvas } from './strip-canvas.tsx'
import { heightOnCanvas } from './strip-paint.ts'
import './strip.css'

const bedPx = 3
/** How near to the ink line a tap means the live view. */
const liveTapPx = 16

type LayerStripProps = {
  layers: readonly LayerView[]
  total?: number | undefined
  isGrowing: boolean
  /** The layer looked at; undefined while the newest is followed. */
  at: number | undefined
  onPick: (layer: number | undefined) => void
}

/** The strip as an instrument: a slider from the bed up, for a finger and for the keyboard. */
export function LayerStrip({ layers, total, isGrowing, at, onPick }: LayerStripProps) {
  const [strip, setStrip] = useState<Strip>()
  const [isTouching, setTouching] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const onLayout = useCallback((next: Strip) => setStrip(next), [])
  const first = strip?.firstLayer ?? 1
  const current = strip?.currentLayer
  const shown = at ?? current
  const pick = (layer: number) => {
    if (current !== undefined) onPick(Math.min(current, Math.max(first, layer)))
  }
  const heightOf = (layer: number) => (strip ? heightOnCanvas(strip, layer, bedPx) : 0)

  const onPoint = (event: React.PointerEvent) => {
    const box = root.current?.getBoundingClientRect()
    if (!box || !strip || current === undefined) return
    const heightPx = box.bottom - bedPx - event.clientY
    const layer = layerAt(strip, heightPx)
    const isAtInkLine =
      isGrowing && heightPx > heightOf(current) - bedPx - (layer === current ? 0 : liveTapPx)
    onPick(isAtInkLine || (isGrowing && layer === current) ? undefined : layer)
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    const layer =
      shown === undefined ? undefined : keyTarget(event.key, { from: shown, first, current, layers })
    if (event.key === 'Escape') onPick(undefined)
    if (layer === undefined) return
    event.preventDefault()
    pick(layer)
  }

  return (
    <div
      ref={root}
      className="strip"
      role="slider"
      tabIndex={0}
      aria-label={texts.printer.strip}
      aria-orientation="vertical"
      aria-valuemin={first}
      aria-valuemax={current ?? first}
      aria-valuenow={shown ?? first}
      aria-valuetext={shown === undefined ? texts.printer.noLayers : spoken(layers, shown)}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setTouching(true)
        onPoint(event)
      }}
      onPointerMove={(event) => (isTouching ? onPoint(event) : undefined)}
      onPointerUp={() => setTouching(false)}
      onPointerCancel={() => setTouching(false)}
    >
      <StripCanvas layers={layers} total={total} isGrowing={isGrowing} bedPx={bedPx} onLayout={onLayout} />
      {strip && (
        <>
          {(layers.length > 0 || total !== undefined) &&
            axisLayers(strip).map((layer) => (
              <span
                key={layer}
                className={layer === current ? 'axis current' : 'axis'}
                style={{ bottom: heightOf(layer) }}
              >
                {count(layer)}
              </span>
            ))}
          {at !== undefined && (
            <span
              className={isTouching ? 'finger is-touching' : 'finger'}
              style={{ bottom: heightOf(at) }}
              data-finger
            />
          )}
        </>
      )}
    </div>
  )
}

type KeyFacts = {
  from: number
  first: number
  current: number | undefined
  layers: readonly LayerView[]
}

/** Where a key leads: arrows one layer, Page ten, Home and End, n and p to the next trouble. */
function keyTarget(key: string, { from, first, current, layers }: KeyFacts): number | undefined {
  switch (key) {
    case 'ArrowUp':
    case 'ArrowRight':
      return from + 1
    case 'ArrowDown':
    case 'ArrowLeft':
      return from - 1
    case 'PageUp':
      return from + 10
    case 'PageDown':
      return from - 10
    case 'Home':
      return first
    case 'End':
      return current
    case 'n':
      return nextProblem(layers, from, 1)
    case 'p':
      return nextProblem(layers, from, -1)
    default:
      return undefined
  }
}

function spoken(layers: readonly LayerView[], layer: number): string {
  return layerSpoken(
    layer,
    layers.find((view) => view.layer === layer),
  )
}
