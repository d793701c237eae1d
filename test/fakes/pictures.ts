import sharp from 'sharp'

/** A small JPEG that differs from every other of another number. */
export async function drawPicture(number: number, { width = 96, height = 72 } = {}): Promise<Buffer> {
  const left = (number * 7) % (width - 20)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="hsl(${(number * 37) % 360},50%,60%)"/>
    <rect x="${left}" y="20" width="20" height="30" fill="black"/></svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 80 }).toBuffer()
}

/** The same JPEG, but its head claims another size. */
export function claimSize(jpeg: Buffer, { width, height }: { width: number; height: number }): Buffer {
  const claiming = Buffer.from(jpeg)
  const frameHead = claiming.indexOf(Buffer.from([0xff, 0xc0]))
  claiming.writeUInt16BE(height, frameHead + 5)
  claiming.writeUInt16BE(width, frameHead + 7)
  return claiming
}

/** The same picture with a number in a comment, so that no two files are alike. */
export function numberPicture(jpeg: Buffer, number: number): Buffer {
  const comment = Buffer.from([0xff, 0xfe, 0, 6, 0, 0, 0, 0])
  comment.writeUInt32BE(number, 4)
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)])
}
