/**
 * What a sample shows, in one number: a unit normal (8 bits an axis) and a material (8 bits). 0 is the
 * background behind everything.
 */
export function packSurface(material: number, nx: number, ny: number, nz: number): number {
  const x = Math.round(nx * 127) + 128
  const y = Math.round(ny * 127) + 128
  const z = Math.round(nz * 127) + 128
  return ((x << 24) | (y << 16) | (z << 8) | material) >>> 0
}

/** The materials of a scene by number. Those from `firstPlain` on are plain painted parts of the printer. */
export const materials = { background: 0, bed: 1, filament: 2, strand: 3, firstPlain: 8 } as const
