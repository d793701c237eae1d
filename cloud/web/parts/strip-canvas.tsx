import type { LayerView } from '@layerwatch/shared/api.ts'
import { layOutStrip, type Strip } from '@layerwatch/shared/strip.ts'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTheme } from '../theme.ts'
import { paintStrip } from './strip-paint.ts'
import './strip.css'

const slideMs = 180

export type StripCanvasProps = {
  layers: readonly LayerView[]
  total?: number | undefined
  bedPx?: number
  minLinePx?: number
  /** Something is being printed: the current layer has its ink line, and new ones slide in. */
  isGrowing?: boolean
  showsRest?: boolean
  /** Told the layout after each change, for what is drawn beside the strip. */
  onLayout?: (strip: Strip) => void
}

/** The layer strip as a picture, at any size: full height on a page, a thumbnail in a list. */
export function StripCanvas(props: StripCanvasProps) {
  const { layers, total, bedPx = 3, minLinePx = 2, isGrowing = false, showsRest = true, onLayout } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const shown = useRef(0)
  const heightPx = useHeight(canvas)
  const theme = useTheme()

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is not read here, but its colours are drawn
  useLayoutEffect(() => {
    if (!canvas.current || heightPx === 0) return
    const strip = layOutStrip(layers, { heightPx: heightPx - bedPx - 2, total, minLinePx })
    onLayout?.(strip)
    const look = { bedPx, showsRest, showsCurrent: isGrowing }
    const isNew = isGrowing && shown.current > 0 && layers.length === shown.current + 1
    shown.current = layers.length
    const target = canvas.current
    if (!isNew || prefersStillness()) return paintStrip(target, strip, { ...look, arrived: 1 })
    return slideIn((arrived) => paintStrip(target, strip, { ...look, arrived }))
  }, [layers, total, bedPx, minLinePx, isGrowing, showsRest, onLayout, heightPx, theme])

  return <canvas ref={canvas} className="strip-canvas" />
}

/** Draws with a share growing from 0 to 1; returns how to stop. */
function slideIn(draw: (arrived: number) => void): () => void {
  const startMs = performance.now()
  let frame = 0
  const step = () => {
    const share = Math.min(1, (performance.now() - startMs) / slideMs)
    draw(1 - (1 - share) ** 3)
    if (share < 1) frame = requestAnimationFrame(step)
  }
  step()
  return () => cancelAnimationFrame(frame)
}

function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}

function useHeight(element: React.RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0)
  useEffect(() => {
    if (!element.current) return
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 0))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return height
}
