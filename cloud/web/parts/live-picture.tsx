import type { PrinterView } from '@layerwatch/shared/api.ts'
import { useState } from 'react'
import { snapshotUrl } from '../api.ts'
import { useNow } from '../context.tsx'
import type { ShownPicture } from '../newest-picture.ts'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'
import { Picture, type PictureProps } from './picture.tsx'
import { PictureDialog } from './picture-dialog.tsx'

/** A frame older than this is not called live any more. */
export const liveForMs = 10_000
/** A stored picture older than this loses its colour. */
const storedFreshForMs = 30_000

/** The newest picture of a printer with its age, boxes and heat; live while frames arrive. */
export function LivePicture({ printer, newest }: { printer: PrinterView; newest: ShownPicture | undefined }) {
  const nowMs = useNow(1000)
  const [hasBoxes, setBoxes] = useState(true)
  const [hasHeat, setHeat] = useState(false)
  const [isOpen, setOpen] = useState(false)
  const shown = shownPicture(printer, newest, nowMs)
  const picture = (
    <Picture
      {...shown}
      alt={texts.printer.waiting}
      detections={hasBoxes ? (shown.detections ?? []) : []}
      heat={hasHeat ? newest?.heat : undefined}
      isConfirmed={printer.incident?.severity === 'confirmed'}
      fit="whole"
    />
  )
  return (
    <>
      <div className="print-picture">
        {picture}
        <button
          type="button"
          className="enlarge"
          aria-label={texts.printer.enlarge}
          onClick={() => setOpen(true)}
        >
          <Icon name="expand" />
        </button>
      </div>
      {isOpen && <PictureDialog onClose={() => setOpen(false)}>{picture}</PictureDialog>}
      <div className="toggles">
        <Toggle isOn={hasBoxes} onPress={() => setBoxes(!hasBoxes)} icon="boxes" text={texts.printer.boxes} />
        <Toggle isOn={hasHeat} onPress={() => setHeat(!hasHeat)} icon="heat" text={texts.printer.heat} />
      </div>
    </>
  )
}

function Toggle(props: { isOn: boolean; onPress: () => void; icon: 'boxes' | 'heat'; text: string }) {
  return (
    <button type="button" className="toggle" aria-pressed={props.isOn} onClick={props.onPress}>
      <Icon name={props.icon} />
      {props.text}
    </button>
  )
}

/** What is on screen, and what its tag says: never an old picture as a live one. */
export function shownPicture(
  printer: PrinterView,
  newest: ShownPicture | undefined,
  nowMs: number,
): Pick<PictureProps, 'src' | 'detections' | 'tag' | 'isOld' | 'missing'> {
  if (newest) {
    const ageMs = nowMs - newest.takenAtMs
    const isLive = ageMs <= liveForMs
    const text = isLive ? texts.printer.liveAge(ageMs) : texts.printer.oldAge(newest.takenAtMs, nowMs)
    return {
      src: newest.src,
      detections: newest.detections,
      isOld: !isLive,
      tag: { text, isLive, ...(isLive ? {} : { icon: 'blind' as const }) },
    }
  }
  const { picture } = printer
  if (!picture) return { missing: printer.device.isPresent ? texts.printer.waiting : texts.printer.noLive }
  return {
    src: snapshotUrl(picture.id),
    detections: picture.detections,
    isOld: nowMs - Date.parse(picture.at) > storedFreshForMs || !printer.device.isPresent,
    tag: { text: texts.printer.oldAge(Date.parse(picture.at), nowMs) },
  }
}
