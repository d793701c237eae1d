import type { LayerView } from '@layerwatch/shared/api.ts'
import { lensLayers, lineWidth } from '@layerwatch/shared/strip.ts'
import { useEffect, useRef, useState } from 'react'
import { count, score } from '../format.ts'
import { healthNames } from '../names.ts'
import { defectName, worstDefect } from '../wording.ts'
import './lens.css'

type LensProps = {
  layers: readonly LayerView[]
  at: number
  /** The layer is held fast, rather than followed. */
  isPicked: boolean
  onPick: (layer: number) => void
}

/** Seven layers, large: number, bar, defect and score. A finger moves here layer by layer. */
export function Lens({ layers, at, isPicked, onPick }: LensProps) {
  const start = useRef<{ y: number; layer: number }>(undefined)
  const numbers = layers.map((layer) => layer.layer)
  const currentLayer = numbers.length > 0 ? Math.max(...numbers) : undefined
  const firstLayer = numbers.includes(0) ? 0 : 1
  const shown = lensLayers({ firstLayer, currentLayer }, at)
  const byNumber = new Map(layers.map((layer) => [layer.layer, layer]))
  const onMove = (event: React.PointerEvent) => {
    if (!start.current || currentLayer === undefined) return
    const moved = Math.round((start.current.y - event.clientY) / rowPx)
    if (moved !== 0) onPick(Math.min(currentLayer, Math.max(firstLayer, start.current.layer + moved)))
  }
  return (
    // The strip itself is the slider that the keyboard and screen readers use; this is its magnifying glass.
    <div
      className={isPicked ? 'lens picked' : 'lens'}
      data-lens
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { y: event.clientY, layer: at }
      }}
      onPointerMove={onMove}
      onPointerUp={() => {
        start.current = undefined
      }}
      onPointerCancel={() => {
        start.current = undefined
      }}
    >
      {shown.map((layer) => (
        <LensRow key={layer} layer={layer} view={byNumber.get(layer)} isPicked={isPicked && layer === at} />
      ))}
    </div>
  )
}

const rowPx = 19

function LensRow({
  layer,
  view,
  isPicked,
}: {
  layer: number
  view: LayerView | undefined
  isPicked: boolean
}) {
  const health = view?.health ?? 'unwatched'
  const width = lineWidth({ health, evidence: view?.evidence ?? 0 })
  const worst = view && health !== 'fine' && health !== 'unwatched' ? worstDefect(view.defects) : undefined
  return (
    <div className={isPicked ? 'lens-row picked' : 'lens-row'}>
      <i>{count(layer)}</i>
      <span className="room">
        <u className={health} style={{ width: `${width * 100}%` }} />
      </span>
      <s>{worst ? `${defectName(worst[0]).toLowerCase()} ${score(worst[1])}` : healthNames[health]}</s>
    </div>
  )
}

/** Ties the lens to the layer it shows, since the finger hides it. Finds both by their marks in `area`. */
export function Wedge({ area, at }: { area: React.RefObject<HTMLElement | null>; at: number }) {
  const [path, setPath] = useState('')
  // After the layout, for the area around it is there only then.
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew with each layer, whose marks move with it
  useEffect(() => {
    const { current } = area
    if (!current) return
    const draw = () => setPath(wedgePath(current))
    draw()
    // Its ends move with whatever comes, grows or scrolls around them.
    const resizes = new ResizeObserver(draw)
    resizes.observe(current)
    const mutations = new MutationObserver(draw)
    mutations.observe(current, { childList: true, characterData: true, subtree: true })
    current.addEventListener('scroll', draw, { capture: true, passive: true })
    return () => {
      resizes.disconnect()
      mutations.disconnect()
      current.removeEventListener('scroll', draw, { capture: true })
    }
  }, [area, at])
  return (
    <svg className="wedge" aria-hidden="true">
      <path d={path} />
    </svg>
  )
}

function wedgePath(area: HTMLElement | null): string {
  const lens = area?.querySelector('[data-lens]')?.getBoundingClientRect()
  const finger = area?.querySelector('[data-finger]')?.getBoundingClientRect()
  if (!area || !lens || !finger) return ''
  const origin = area.getBoundingClientRect()
  if (lens.bottom < origin.top || lens.top > origin.bottom) return ''
  const isStripRight = finger.left > lens.right
  const edge = (isStripRight ? lens.right - 1 : lens.left + 1) - origin.left
  const tip = (isStripRight ? finger.left : finger.right) - origin.left
  const tipY = finger.top + finger.height / 2 - origin.top
  const top = lens.top - origin.top + 3
  const bottom = lens.bottom - origin.top - 3
  return `M${edge} ${top}L${tip} ${tipY - 3}V${tipY + 3}L${edge} ${bottom}Z`
}
