import type { Box, Detection } from '@layerwatch/shared/vocabulary.ts'
import type { DefectMap } from './detector.ts'
import type { ModelManifest } from './manifest.ts'
import { averageHottest, calibrate, invertCalibration, takeChannel } from './score.ts'

/** More boxes than this on one frame tell a person nothing. */
const maxDetections = 8

interface Grid {
  width: number
  height: number
}

/** The network's output as calibrated maps, in the manifest's order of labels. */
export function readMaps(logits: Float32Array, { labels, map, calibration }: ModelManifest): DefectMap[] {
  return labels.map((label, channel) => ({
    label,
    ...map,
    cells: takeChannel(logits, channel, labels.length).map((logit) => calibrate(logit, calibration)),
  }))
}

/**
 * Boxes around connected hot cells of the frame-score channel, highest score first.
 *
 * A box is scored as a frame is, by its hottest cells. Where it has fewer than a frame is scored by, the
 * cells around it count too, so that no box is surer than its frame: a lone hot cell is mostly noise.
 * Its label is the most specific defect whose own map is hot there as well.
 */
export function findDetections(logits: Float32Array, manifest: ModelManifest): Detection[] {
  const { labels, map, frameScore, calibration, boxes } = manifest
  const channels = labels.map((label, index) => ({ label, cells: takeChannel(logits, index, labels.length) }))
  const frame = takeChannel(logits, labels.indexOf(frameScore.channel), labels.length)
  const threshold = invertCalibration(boxes.cellThreshold, calibration)
  const heatIn = (cells: Float32Array, where: Set<number>) =>
    averageHottest(
      [...where].map((cell) => cells[cell] ?? 0),
      frameScore.hottestCells,
    )

  const detections = findComponents(frame, threshold, map).map((component): Detection => {
    const specific = channels
      .filter(({ label }) => label !== frameScore.channel)
      .map(({ label, cells }) => ({ label, heat: heatIn(cells, component) }))
      .filter(({ heat }) => heat >= threshold)
      .sort((a, b) => b.heat - a.heat)
    return {
      label: specific[0]?.label ?? frameScore.channel,
      score: calibrate(heatIn(frame, growTo(frameScore.hottestCells, component, map)), calibration),
      box: surround(component, map),
    }
  })
  return detections.sort((a, b) => b.score - a.score).slice(0, maxDetections)
}

/** Sets of cells at or above the threshold that touch by a side or a corner. */
function findComponents(cells: Float32Array, threshold: number, grid: Grid): Set<number>[] {
  const isHot = (cell: number) => (cells[cell] ?? -Infinity) >= threshold
  const seen = new Set<number>()
  const components: Set<number>[] = []
  for (let start = 0; start < cells.length; start++) {
    if (!isHot(start) || seen.has(start)) continue
    const component = new Set([start])
    // A Set's iterator also visits what is added on the way, so this walks the whole component.
    for (const cell of component) {
      for (const next of neighbours(cell, grid)) if (isHot(next)) component.add(next)
    }
    for (const cell of component) seen.add(cell)
    components.push(component)
  }
  return components
}

/** The component, with rings of cells around it until it has `count` or fills the map. */
function growTo(count: number, component: Set<number>, grid: Grid): Set<number> {
  let region = component
  while (region.size < Math.min(count, grid.width * grid.height)) {
    region = new Set([...region].flatMap((cell) => [cell, ...neighbours(cell, grid)]))
  }
  return region
}

/** The up to eight cells around a cell. */
function neighbours(cell: number, { width, height }: Grid): number[] {
  const x = cell % width
  const y = Math.floor(cell / width)
  const around: number[] = []
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
      if (nx !== x || ny !== y) around.push(ny * width + nx)
    }
  }
  return around
}

/** The smallest box around cells, in 0..1 of the frame. */
function surround(component: Set<number>, { width, height }: Grid): Box {
  const xs = [...component].map((cell) => cell % width)
  const ys = [...component].map((cell) => Math.floor(cell / width))
  const left = Math.min(...xs)
  const top = Math.min(...ys)
  const columns = Math.max(...xs) - left + 1
  const rows = Math.max(...ys) - top + 1
  return [left / width, top / height, columns / width, rows / height]
}
