import sharp from 'sharp'

/** Stand-ins for camera pictures: a print on its bed, drawn as SVG and made a JPEG. */

export type Scene = {
  colour: string
  shape: 'vase' | 'box' | 'tower'
  /** Share of the full height that is printed, 0..1. */
  progress: number
  /** How much has gone to spaghetti, 0..1. */
  spaghetti?: number
  /** The head stands aside, as after a pause. */
  isParked?: boolean
  seed?: number
}

const width = 640
const height = 480

/** Renders a scene at 640×480. */
export async function renderPicture(scene: Scene): Promise<Buffer> {
  return sharp(Buffer.from(drawScene(scene)))
    .jpeg({ quality: 72 })
    .toBuffer()
}

function drawScene(scene: Scene): string {
  const random = randomOf(scene.seed ?? 7)
  const layers = Math.max(2, Math.round(34 * scene.progress))
  const topY = 352 - layers * 5.4
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs>
      <linearGradient id="wall" x2="0" y2="1"><stop stop-color="#5b6668"/><stop offset=".6" stop-color="#333b3d"/><stop offset="1" stop-color="#1a1f21"/></linearGradient>
      <radialGradient id="lamp" cx=".2" cy="0" r="1"><stop stop-color="#e4ece8" stop-opacity=".55"/><stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>
      <linearGradient id="side" x2="1" y2="0"><stop stop-color="${shade(scene.colour, 0.62)}"/><stop offset=".32" stop-color="${shade(scene.colour, 1.25)}"/><stop offset="1" stop-color="${shade(scene.colour, 0.4)}"/></linearGradient>
      <filter id="soft"><feGaussianBlur stdDeviation="10"/></filter>
    </defs>
    <rect width="640" height="480" fill="url(#wall)"/>
    <rect x="44" width="26" height="330" fill="#1b2022"/><rect x="576" width="30" height="330" fill="#1b2022"/>
    <rect width="640" height="480" fill="url(#lamp)"/>
    <path d="M0 400 300 280 640 366 440 480H40Z" fill="#2c3234"/><path d="M0 400 40 480H0Z" fill="#14181a"/>
    ${grid()}
    <ellipse cx="344" cy="366" rx="128" ry="34" fill="#000" opacity=".55" filter="url(#soft)"/>
    ${body(scene, layers, random)}
    ${spaghetti(scene, topY, random)}
    ${head(scene.isParked ? 480 : 330, scene.isParked ? topY - 86 : topY)}
  </svg>`
}

function grid(): string {
  const lines: string[] = []
  for (let step = 1; step < 8; step += 1) {
    const t = step / 8
    lines.push(
      `M${300 * t} ${400 - 120 * t}L${40 + 400 * t} 480`,
      `M${300 + 340 * t} ${280 + 86 * t}L${40 * t} ${400 + 80 * t}`,
    )
  }
  return `<path d="${lines.join('')}" stroke="#fff" stroke-opacity=".12" fill="none"/>`
}

function body(scene: Scene, layers: number, random: () => number): string {
  const rows: string[] = []
  for (let layer = 0; layer < layers; layer += 1) {
    const y = 356 - layer * 5.4
    const rx = radiusOf(scene.shape, layer / 34) * (0.985 + 0.03 * random())
    const dim = layer % 2 === 0 ? 1 : 0.88
    rows.push(
      `<path d="M${320 - rx} ${y - 6}v6a${rx} ${rx * 0.26} 0 0 0 ${rx * 2} 0v-6Z" fill="url(#side)" opacity="${dim}"/>`,
    )
  }
  const rx = radiusOf(scene.shape, layers / 34)
  const y = 350 - (layers - 1) * 5.4
  rows.push(
    `<ellipse cx="320" cy="${y}" rx="${rx}" ry="${rx * 0.26}" fill="${shade(scene.colour, 0.95)}" stroke="${shade(scene.colour, 1.3)}" stroke-width="3"/>`,
  )
  return rows.join('')
}

function radiusOf(shape: Scene['shape'], t: number): number {
  if (shape === 'vase') return 84 * (0.78 + 0.3 * Math.sin(t * 3.1 + 0.3))
  if (shape === 'tower') return 66 * (1.1 - 0.4 * t)
  return 92
}

function spaghetti(scene: Scene, topY: number, random: () => number): string {
  const strands: string[] = []
  for (let strand = 0; strand < (scene.spaghetti ?? 0) * 90; strand += 1) {
    let x = 330 + (random() + random() - 1) * 120
    let y = topY + 26 + (random() + random() - 1) * 62
    let angle = random() * 6.3
    const points = [`M${x.toFixed(0)} ${y.toFixed(0)}`]
    for (let step = 0; step < 9; step += 1) {
      angle += (random() - 0.5) * 2.6
      x += Math.cos(angle) * 19
      y += Math.sin(angle) * 13 + 2
      points.push(`L${x.toFixed(0)} ${y.toFixed(0)}`)
    }
    const colour = shade(scene.colour, 0.6 + random() * 0.6)
    strands.push(
      `<path d="${points.join('')}" fill="none" stroke="${colour}" stroke-width="3.6" stroke-linejoin="round" stroke-linecap="round"/>`,
    )
  }
  return strands.join('')
}

function head(x: number, y: number): string {
  return `<rect y="${y - 176}" width="640" height="34" fill="#1c2123"/><rect y="${y - 176}" width="640" height="5" fill="#5a6366"/>
    <rect x="${x - 46}" y="${y - 208}" width="92" height="138" rx="9" fill="#262c2f"/><rect x="${x - 46}" y="${y - 208}" width="22" height="138" rx="9" fill="#434b4e"/>
    <circle cx="${x}" cy="${y - 138}" r="29" fill="#0b0d0e" stroke="#454e51" stroke-width="3"/>
    <path d="M${x - 30} ${y - 70}h60l-14 28h-32Z" fill="#15191b"/><path d="M${x - 12} ${y - 42}h24l-8 36h-8Z" fill="#b98b3e"/>`
}

function shade(colour: string, factor: number): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
  const shaded = parts.map((part) => Math.round(Math.min(255, part * factor)))
  return `rgb(${shaded.join(' ')})`
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** A failure map with one hot spot, as base64 of a byte per cell. */
export function heatOf(spot: { x: number; y: number; strength: number }, size = { width: 20, height: 15 }) {
  const cells = Buffer.alloc(size.width * size.height)
  for (let row = 0; row < size.height; row += 1) {
    for (let column = 0; column < size.width; column += 1) {
      const distance = Math.hypot(column / size.width - spot.x, row / size.height - spot.y)
      cells[row * size.width + column] = Math.round(255 * spot.strength * Math.exp(-((distance / 0.16) ** 2)))
    }
  }
  return { ...size, cells: cells.toString('base64') }
}
