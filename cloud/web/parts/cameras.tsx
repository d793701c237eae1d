import type { PrinterView } from '@layerwatch/shared/api.ts'
import { texts } from '../texts.ts'
import { cameraLine } from '../wording.ts'

/** How each of its cameras does, as its device said last: how often it gives a picture, or why it sees nothing. */
export function Cameras({ cameras }: { cameras: PrinterView['cameras'] }) {
  if (!cameras) return null
  return (
    <section className="print-state cameras">
      <h2>{texts.printer.cameras}</h2>
      <ul className="limits">
        {cameras.map((camera) => (
          <li key={camera.name}>
            <bdi>{cameraLine(camera)}</bdi>
          </li>
        ))}
      </ul>
    </section>
  )
}
