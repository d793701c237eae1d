import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { decodeFrame } from '../../../device/detector/decode.ts'
import type { PictureFigures } from '../../../device/detector/detector.ts'
import { side, type View } from './damage.ts'

/** Figures of files as a camera would give them through a view. */
export async function drawPictures(files: readonly string[], view: View): Promise<PictureFigures[]> {
  const drawn: PictureFigures[] = []
  for (const file of files) drawn.push(await drawPicture(file, view))
  return drawn
}

async function drawPicture(file: string, view: View): Promise<PictureFigures> {
  const viewed = await view(sharp(readFileSync(file)).autoOrient())
  const jpeg = await viewed.removeAlpha().toColourspace('srgb').jpeg({ quality: 90 }).toBuffer()
  const { figures } = await decodeFrame(jpeg, { width: side, height: side })
  // The gate never looks at the whole picture, which would fill the memory.
  const { grey: _, ...kept } = figures
  return kept
}
