import type { PrinterStatus } from '../printer/printer.ts'

/*
 * Places a frame in the print: which layer was being printed when it was taken. The number only rises within a
 * print, so that a Z-hop, a wipe or a printer that counts back never splits or reopens a layer.
 */

type LayerSource = 'printer' | 'file' | 'time'

export interface LayerPlace {
  /** Layer being printed, 1 the first; 0 before it. */
  readonly layer: number
  readonly source: LayerSource
  /** A higher number the printer named once; it counts when the next look does not take it back. */
  readonly claimed?: number
}

export const beforeFirstLayer: LayerPlace = { layer: 0, source: 'time' }

/** Where nothing tells the layer, this much printing counts as one. */
export const layerWindowSeconds = 60

const trust: Record<LayerSource, number> = { time: 0, file: 1, printer: 2 }

export interface LayerClues {
  status: Pick<PrinterStatus, 'layer' | 'filePosition'>
  /** Seconds of printing so far. */
  printSeconds: number
  /** Layer at a byte of the job's file, where the file is known. */
  layerAtByte?: ((byte: number) => number) | undefined
}

/** The next place from the last one and what is known now. */
export function placeLayer(last: LayerPlace, clues: LayerClues): LayerPlace {
  const clue = readClue(clues)
  if (trust[clue.source] < trust[last.source]) return last
  if (clue.source !== last.source) return clue
  if (clue.layer <= last.layer) return { layer: last.layer, source: last.source }
  if (clue.source !== 'printer') return clue
  if (last.claimed === undefined) return { ...last, claimed: clue.layer }
  const confirmed = Math.min(last.claimed, clue.layer)
  const next = { layer: confirmed, source: clue.source }
  return clue.layer > confirmed ? { ...next, claimed: clue.layer } : next
}

function readClue({ status, printSeconds, layerAtByte }: LayerClues): LayerPlace {
  if (status.layer !== undefined) return { layer: status.layer, source: 'printer' }
  if (status.filePosition !== undefined && layerAtByte) {
    return { layer: layerAtByte(status.filePosition), source: 'file' }
  }
  return { layer: Math.floor(Math.max(0, printSeconds) / layerWindowSeconds) + 1, source: 'time' }
}
