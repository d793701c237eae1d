import { flattenArc, type Point } from './arc.ts'

/** One thing a printer or a slicer's comment says, in the order of the file. Lengths in mm, times in s. */
export type GcodeEvent = GcodeMove | GcodeNote

/** A straight move; arcs arrive as several. `extrudedMm` is filament fed, negative when retracted. */
export type GcodeMove = {
  kind: 'move'
  /** Offset of the line's first byte, and of the first byte after it. */
  byte: number
  endByte: number
  from: Point
  to: Point
  extrudedMm: number
  feedMmPerSecond: number
}

export type GcodeNote =
  /** `;LAYER_CHANGE` (PrusaSlicer and its heirs) or `;LAYER:n` (Cura). */
  | { kind: 'layer'; byte: number }
  /** `;Z:` or `;HEIGHT:`, as the slicer means it. */
  | { kind: 'z'; byte: number; zMm: number }
  | { kind: 'height'; byte: number; heightMm: number }
  | { kind: 'width'; byte: number; widthMm: number }
  | { kind: 'role'; byte: number; role: string }
  | { kind: 'dwell'; byte: number; seconds: number }
  | { kind: 'target'; byte: number; heater: 'nozzle' | 'bed'; celsius: number }

type Machine = {
  position: Point
  e: number
  feedMmPerSecond: number
  isRelative: boolean
  /** Undefined until M82 or M83 says it: until then it follows G90 and G91, as Marlin has it. */
  isExtruderRelative: boolean | undefined
  unitMm: number
}

/** Where a line lies in its file. */
type Span = { byte: number; endByte: number }

/** Parses a whole file held in memory. Lines that mean nothing here are passed over. */
export function* parseGcode(file: Uint8Array): Generator<GcodeEvent> {
  const machine = createMachine()
  const decoder = new TextDecoder('latin1')
  let byte = 0
  while (byte < file.length) {
    const newline = file.indexOf(10, byte)
    const endByte = newline < 0 ? file.length : newline + 1
    yield* readLine(machine, decoder.decode(file.subarray(byte, endByte)), { byte, endByte })
    byte = endByte
  }
}

/** Parses chunks as they arrive; a line may be cut anywhere. */
export async function* parseGcodeStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<GcodeEvent> {
  const machine = createMachine()
  const decoder = new TextDecoder('latin1')
  let rest = ''
  let byte = 0
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk)
    let start = 0
    for (let newline = rest.indexOf('\n'); newline >= 0; newline = rest.indexOf('\n', start)) {
      const endByte = byte + newline + 1 - start
      yield* readLine(machine, rest.slice(start, newline), { byte, endByte })
      byte = endByte
      start = newline + 1
    }
    rest = rest.slice(start)
  }
  if (rest) yield* readLine(machine, rest, { byte, endByte: byte + rest.length })
}

function createMachine(): Machine {
  return {
    position: { x: 0, y: 0, z: 0 },
    e: 0,
    feedMmPerSecond: 25,
    isRelative: false,
    isExtruderRelative: undefined,
    unitMm: 1,
  }
}

function* readLine(machine: Machine, line: string, span: Span): Generator<GcodeEvent> {
  const semicolon = line.indexOf(';')
  if (semicolon >= 0) {
    const note = readComment(line.slice(semicolon + 1).trim(), span.byte)
    if (note) yield note
  }
  // Line numbers and checksums belong to the serial protocol, which some files carry along.
  const code = (semicolon >= 0 ? line.slice(0, semicolon) : line)
    .replace(/\*.*$/, '')
    .replace(/^\s*N\d+\s*/i, '')
    .trim()
    .toUpperCase()
  const command = /^([GM]\d+)/.exec(code)?.[1]
  if (!command) return
  yield* obey(machine, command, readWords(code.slice(command.length)), span)
}

function readWords(text: string): Map<string, number> {
  const words = new Map<string, number>()
  for (const [, letter, digits] of text.matchAll(/([A-Z])\s*(-?\+?(?:\d+\.?\d*|\.\d+))?/g)) {
    if (letter) words.set(letter, Number(digits ?? 0))
  }
  return words
}

function* obey(
  machine: Machine,
  command: string,
  words: Map<string, number>,
  span: Span,
): Generator<GcodeEvent> {
  const { byte } = span
  switch (command.replace(/(?<=\D)0+(?=\d)/, '')) {
    case 'G0':
    case 'G1':
    case 'G2':
    case 'G3':
      yield* move(machine, command, words, span)
      return
    case 'G4':
      yield { kind: 'dwell', byte, seconds: words.get('S') ?? (words.get('P') ?? 0) / 1000 }
      return
    case 'G20':
    case 'G21':
      machine.unitMm = command === 'G20' ? 25.4 : 1
      return
    case 'G28':
      home(machine, words)
      return
    case 'G90':
    case 'G91':
      machine.isRelative = command === 'G91'
      return
    case 'G92':
      redefine(machine, words)
      return
    case 'M82':
    case 'M83':
      machine.isExtruderRelative = command === 'M83'
      return
    case 'M104':
    case 'M109':
    case 'M140':
    case 'M190': {
      const heater = command === 'M104' || command === 'M109' ? 'nozzle' : 'bed'
      const celsius = words.get('S') ?? words.get('R')
      if (celsius !== undefined) yield { kind: 'target', byte, heater, celsius }
    }
  }
}

function* move(
  machine: Machine,
  command: string,
  words: Map<string, number>,
  span: Span,
): Generator<GcodeMove> {
  const from = machine.position
  const target = {
    x: place(machine, words, 'X'),
    y: place(machine, words, 'Y'),
    z: place(machine, words, 'Z'),
  }
  const feed = words.get('F')
  if (feed !== undefined && feed > 0) machine.feedMmPerSecond = (feed * machine.unitMm) / 60
  const e = words.get('E')
  const isRelative = machine.isExtruderRelative ?? machine.isRelative
  const extrudedMm = e === undefined ? 0 : e * machine.unitMm - (isRelative ? 0 : machine.e)
  machine.e += extrudedMm
  machine.position = target
  const isArc = /^G0*[23]$/.test(command)
  const points = isArc ? flattenArc(from, target, arcOf(command, words, machine.unitMm)) : [target]
  let previous = from
  for (const to of points) {
    yield {
      kind: 'move',
      ...span,
      from: previous,
      to,
      extrudedMm: extrudedMm / points.length,
      feedMmPerSecond: machine.feedMmPerSecond,
    }
    previous = to
  }
}

function arcOf(command: string, words: Map<string, number>, unitMm: number) {
  const radius = words.get('R')
  return {
    isClockwise: command.endsWith('2'),
    iMm: (words.get('I') ?? 0) * unitMm,
    jMm: (words.get('J') ?? 0) * unitMm,
    radiusMm: radius === undefined ? undefined : radius * unitMm,
  }
}

function place(machine: Machine, words: Map<string, number>, axis: 'X' | 'Y' | 'Z'): number {
  const current = machine.position[axisKeys[axis]]
  const word = words.get(axis)
  if (word === undefined) return current
  return word * machine.unitMm + (machine.isRelative ? current : 0)
}

const axisKeys = { X: 'x', Y: 'y', Z: 'z' } as const

function home(machine: Machine, words: Map<string, number>): void {
  const isAll = !words.has('X') && !words.has('Y') && !words.has('Z')
  const { x, y, z } = machine.position
  machine.position = {
    x: isAll || words.has('X') ? 0 : x,
    y: isAll || words.has('Y') ? 0 : y,
    z: isAll || words.has('Z') ? 0 : z,
  }
}

function redefine(machine: Machine, words: Map<string, number>): void {
  const { x, y, z } = machine.position
  const scale = machine.unitMm
  machine.position = {
    x: (words.get('X') ?? x / scale) * scale,
    y: (words.get('Y') ?? y / scale) * scale,
    z: (words.get('Z') ?? z / scale) * scale,
  }
  machine.e = (words.get('E') ?? machine.e / scale) * scale
}

function readComment(comment: string, byte: number): GcodeNote | undefined {
  if (/^LAYER_CHANGE\b/i.test(comment) || /^LAYER:\s*-?\d+/i.test(comment)) return { kind: 'layer', byte }
  const [, name, value] = /^(TYPE|Z|HEIGHT|WIDTH|LINE_WIDTH|LAYER_HEIGHT)\s*:\s*(.+)$/i.exec(comment) ?? []
  if (!name || value === undefined) return undefined
  if (name.toUpperCase() === 'TYPE') return { kind: 'role', byte, role: value.trim() }
  const mm = Number.parseFloat(value)
  if (!Number.isFinite(mm)) return undefined
  switch (name.toUpperCase()) {
    case 'Z':
      return { kind: 'z', byte, zMm: mm }
    case 'WIDTH':
    case 'LINE_WIDTH':
      return { kind: 'width', byte, widthMm: mm }
    default:
      return { kind: 'height', byte, heightMm: mm }
  }
}
