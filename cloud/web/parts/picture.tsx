import type { LiveFrame } from '@layerwatch/shared/api.ts'
import type { Detection } from '@layerwatch/shared/vocabulary.ts'
import { useEffect, useRef, useState } from 'react'
import { score } from '../format.ts'
import { texts } from '../texts.ts'
import { defectName } from '../wording.ts'
import { paintHeat } from './heat.ts'
import { Icon, type IconName } from './icon.tsx'
import './picture.css'

export type PictureProps = {
  src?: string | undefined
  alt: string
  detections?: readonly Detection[]
  heat?: LiveFrame['header']['heat']
  /** Solid boxes for what was confirmed, dashed ones for what is suspected. */
  isConfirmed?: boolean
  /** The whole picture with its own shape, or as much of it as fills the frame. */
  fit?: 'whole' | 'fill'
  /** Old pictures lose their colour and gain hatching. */
  isOld?: boolean
  tag?: { text: string; icon?: IconName; isLive?: boolean } | undefined
  /** There never was a picture to show: the frame is a plan of what was seen. */
  isScheme?: boolean
  /** Said in place of a picture. */
  missing?: string
  hasLabels?: boolean
  /** Where the middle of a filling picture is kept, if not at its first detection. */
  focus?: { x: number; y: number } | undefined
}

/** A camera picture with what was found in it. Boxes keep their place however it is cropped. */
export function Picture(props: PictureProps) {
  const {
    src,
    alt,
    detections = [],
    heat,
    fit = 'fill',
    isOld = false,
    tag,
    missing,
    hasLabels = true,
  } = props
  const [shape, setShape] = useState(4 / 3)
  const [failedSrc, setFailedSrc] = useState<string>()
  const isShown = src !== undefined && src !== failedSrc
  const focus = props.focus ?? focusOf(detections)
  const style: React.CSSProperties & Record<`--${string}`, number> = {
    '--shape': shape,
    '--focus-x': focus.x,
    '--focus-y': focus.y,
  }
  const onLoad = (event: React.SyntheticEvent<HTMLImageElement>) => {
    const { naturalWidth, naturalHeight } = event.currentTarget
    if (naturalWidth > 0 && naturalHeight > 0) setShape(naturalWidth / naturalHeight)
  }
  return (
    <div className={`picture ${fit}${isOld ? ' old' : ''}${props.isScheme ? ' scheme' : ''}`} style={style}>
      {!isShown && <span className="missing">{missing ?? texts.printer.noPicture}</span>}
      <div className="stage">
        {isShown && <img src={src} alt={alt} onLoad={onLoad} onError={() => setFailedSrc(src)} />}
        {heat && <Heat heat={heat} />}
        {detections.map((detection) => (
          <BoxMark
            key={`${detection.label} ${detection.box.join(' ')}`}
            detection={detection}
            isConfirmed={props.isConfirmed ?? false}
            hasLabel={hasLabels}
          />
        ))}
      </div>
      {tag && (
        <span className="tag">
          {tag.isLive && <i className="dot pulse" />}
          {tag.icon && <Icon name={tag.icon} />}
          {tag.text}
        </span>
      )}
    </div>
  )
}

function BoxMark(props: { detection: Detection; isConfirmed: boolean; hasLabel: boolean }) {
  const { detection, isConfirmed, hasLabel } = props
  const [x, y, width, height] = detection.box
  const place = { left: share(x), top: share(y), width: share(width), height: share(height) }
  const above = y > 0.12
  return (
    <div className={`box ${isConfirmed ? 'solid' : 'dashed'} ${above ? 'above' : 'below'}`} style={place}>
      {hasLabel && (
        <span>
          {defectName(detection.label)} {score(detection.score)}
        </span>
      )}
    </div>
  )
}

function Heat({ heat }: { heat: NonNullable<LiveFrame['header']['heat']> }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (canvas.current) paintHeat(canvas.current, heat)
  }, [heat])
  return <canvas ref={canvas} className="heat" />
}

function share(value: number): string {
  return `${(value * 100).toFixed(2)}%`
}

/** Where a cropped picture is centred: on what was found, else a little below the middle, where the bed is. */
export function focusOf(detections: readonly Detection[]): { x: number; y: number } {
  const worst = detections.toSorted((a, b) => b.score - a.score)[0]
  if (!worst) return { x: 0.5, y: 0.55 }
  const [x, y, width, height] = worst.box
  return { x: x + width / 2, y: y + height / 2 }
}
