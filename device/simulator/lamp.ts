import sharp from 'sharp'

/** Light that a dark room leaves of a picture: a cheap camera shows next to nothing then. */
const lightLeft = 0.02

/** The lamp over the printer. Off, its room is dark, and so are the pictures. */
export interface Lamp {
  readonly isLit: boolean
  switch(to: 'on' | 'off'): void
  /** A picture as it is by this light. */
  light(jpeg: Uint8Array): Promise<Uint8Array>
}

export function createLamp(first: 'on' | 'off' = 'on'): Lamp {
  let isLit = first === 'on'
  return {
    get isLit() {
      return isLit
    },
    switch(to) {
      isLit = to === 'on'
    },
    async light(jpeg) {
      return isLit ? jpeg : await sharp(jpeg).linear(lightLeft, 0).jpeg({ quality: 85 }).toBuffer()
    },
  }
}
