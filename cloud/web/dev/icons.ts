import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

/** Draws the mark into `public/icons`: `node cloud/web/dev/icons.ts`. The results are committed. */

const folder = fileURLToPath(new URL('../public/icons/', import.meta.url))
const ground = '#10201B'

/** Layers of a print from the bed up: [top, length, colour], in a field of 100. */
const layers: [number, number, string][] = [
  [66, 40, '#4B8B76'],
  [53, 41, '#5F9F89'],
  [40, 62, '#FF6B48'],
  [27, 38, '#4B8B76'],
]

function mark(scale: number): string {
  const lines = layers.map(
    ([top, length, colour]) =>
      `<rect x="19" y="${top}" width="${length}" height="9.500" rx="3" fill="${colour}"/>`,
  )
  const bed = '<rect x="19" y="79" width="62" height="4.500" rx="2.200" fill="#EDF0EA"/>'
  return `<g transform="translate(50 50) scale(${scale}) translate(-50 -55)">${lines.join('')}${bed}</g>`
}

function icon(cornerRadius: number, scale: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><title>Layerwatch</title><rect width="100" height="100" rx="${cornerRadius}" fill="${ground}"/>${mark(scale)}</svg>`
}

/** Android shows only the badge's shape. */
const badge = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">${mark(1.4).replaceAll(/fill="#\w+"/g, 'fill="#fff"')}</svg>`

async function draw(name: string, svg: string, size: number): Promise<void> {
  const image = sharp(Buffer.from(svg), { density: (72 * size) / 100 }).resize(size, size)
  await image.png({ palette: true, compressionLevel: 9 }).toFile(`${folder}${name}`)
}

mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}icon.svg`, `${icon(22, 1)}\n`)
await draw('icon-192.png', icon(22, 1), 192)
await draw('icon-512.png', icon(22, 1), 512)
await draw('icon-180.png', icon(0, 0.94), 180)
await draw('maskable-512.png', icon(0, 0.78), 512)
await draw('badge-96.png', badge, 96)
