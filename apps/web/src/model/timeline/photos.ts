/** Pictures before they are sent: smaller, and without what the camera wrote into them (place, device, time). */

import { beginning, legible, type Size, within } from '../../lib/picture-size.ts'

const THUMBNAIL_SIDE = 640
/** As much of a file as says whether its picture moves. */
const HEAD_BYTES = 4_096

/** Whether a picture moves (GIF, WebP with `VP8X`, PNG with `acTL`): drawn anew it would stand still, so it goes as it is. */
export async function moves(file: Blob): Promise<boolean> {
  if (file.type === 'image/gif') return true
  if (file.type !== 'image/webp' && file.type !== 'image/png') return false
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())
  const head = String.fromCharCode(...bytes)
  if (file.type === 'image/webp') return head.startsWith('VP8X', 12) && (bytes[20]! & 0b10) !== 0
  const moving = head.indexOf('acTL')
  return moving > 0 && moving < (head.includes('IDAT') ? head.indexOf('IDAT') : Number.POSITIVE_INFINITY)
}

/** SVG is a document that may carry scripts. What else a browser can read (AVIF, on some phones HEIC) leaves as JPEG, which all can read. */
const isPicture = ({ type }: Blob) => type.startsWith('image/') && !type.startsWith('image/svg')

export interface PreparedPhoto {
  blob: Blob
  width: number
  height: number
  thumbnail?: { blob: Blob; width: number; height: number }
}

/** @returns undefined when this browser cannot read the picture; it is then sent as a file */
export async function preparePhoto(file: Blob): Promise<PreparedPhoto | undefined> {
  if (!isPicture(file)) return undefined
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return undefined
  }
  try {
    const { width, height } = bitmap
    if (await moves(file)) return { blob: file, width, height }
    const size = legible(width, height)
    const type = file.type === 'image/png' ? 'image/png' : 'image/jpeg'
    const blob = await draw(bitmap, { width, height }, size, type)
    const part = beginning(width, height)
    const small = within(part.width, part.height, THUMBNAIL_SIDE)
    const thumbnail =
      small.width < size.width || small.height < size.height
        ? { blob: await draw(bitmap, part, small, 'image/jpeg'), ...small }
        : undefined
    return { blob, ...size, ...(thumbnail ? { thumbnail } : {}) }
  } finally {
    bitmap.close()
  }
}

/** Whether it is sent smaller than it is. Undefined where this browser cannot read it. */
export async function isReduced(file: Blob): Promise<boolean | undefined> {
  if (!isPicture(file) || (await moves(file))) return false
  try {
    const bitmap = await createImageBitmap(file)
    const reduced = legible(bitmap.width, bitmap.height).width < bitmap.width
    bitmap.close()
    return reduced
  } catch {
    return undefined
  }
}

async function draw(bitmap: ImageBitmap, part: Size, size: Size, type: string): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = size.width
  canvas.height = size.height
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser cannot draw pictures.')
  if (type === 'image/jpeg') {
    // It has no transparency: a signature or a seal on nothing would come out black on black.
    context.fillStyle = '#fff'
    context.fillRect(0, 0, size.width, size.height)
  }
  context.drawImage(bitmap, 0, 0, part.width, part.height, 0, 0, size.width, size.height)
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be written.'))),
      type,
      0.85,
    ),
  )
}
