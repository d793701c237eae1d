import type { LayerView } from '@layerwatch/shared/api.ts'
import type { Detection } from '@layerwatch/shared/vocabulary.ts'
import { exactTime } from '../format.ts'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'
import { Picture } from './picture.tsx'

type LayerPictureProps = {
  view: LayerView | undefined
  /** The picture of this layer, where the cloud has one; else only what was seen in it is drawn. */
  kept: { src: string; detections: readonly Detection[] } | undefined
  onBack: (() => void) | undefined
  /** More to press, beside the way back. */
  children?: React.ReactNode
}

/** What a layer looked like, or at least where something was seen in it. */
export function LayerPicture({ view, kept, onBack, children }: LayerPictureProps) {
  const detections = kept?.detections ?? view?.detections ?? []
  const said = detections.length > 0 ? texts.printer.seenHere : texts.printer.nothingSeen
  return (
    <>
      <div className="print-picture">
        <Picture
          src={kept?.src}
          alt=""
          fit="whole"
          detections={detections}
          isConfirmed={view?.health === 'failed'}
          isScheme={kept === undefined}
          missing={texts.printer.notKept}
          tag={view && { text: kept ? exactTime(view.at) : `${said}, ${exactTime(view.at)}` }}
        />
      </div>
      <div className="toggles">
        {onBack && (
          <button type="button" className="toggle" onClick={onBack}>
            <Icon name="camera" />
            {texts.printer.backToLive}
          </button>
        )}
        {children}
      </div>
    </>
  )
}
