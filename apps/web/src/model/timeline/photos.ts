/** Pictures before they are sent: smaller, and without what the camera wrote into them (place, device, time). */

const MAX_SIDE = 2560
const THUMBNAIL_SIDE = 640
const REDRAWN = new Set(['image/jpeg', 'image/png', 'image/webp'])

/** Types that are shown as pictures. Never SVG or HTML: they can carry scripts. */
export const shownImageTypes: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
])

export interface PreparedPhoto {
  blob: Blob
  width: number
  height: number
  thumbnail?: { blob: Blob; width: number; height: number }
}

/** @returns undefined when this browser cannot read the picture; it is then sent as a file */
export async function preparePhoto(file: Blob): Promise<PreparedPhoto | undefined> {
  if (!shownImageTypes.has(file.type)) return undefined
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return undefined
  }
  try {
    const { width, height } = bitmap
    if (!REDRAWN.has(file.type)) return { blob: file, width, height }
    const size = within(width, height, MAX_SIDE)
    const type = file.type === 'image/png' ? 'image/png' : 'image/jpeg'
    const blob = await draw(bitmap, size, type)
    const small = within(width, height, THUMBNAIL_SIDE)
    const thumbnail =
      small.width < size.width ? { blob: await draw(bitmap, small, 'image/jpeg'), ...small } : undefined
    return { blob, ...size, ...(thumbnail ? { thumbnail } : {}) }
  } finally {
    bitmap.close()
  }
}

export function within(width: number, height: number, side: number): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function draw(
  bitmap: ImageBitmap,
  size: { width: number; height: number },
  type: string,
): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = size.width
  canvas.height = size.height
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser cannot draw pictures.')
  context.drawImage(bitmap, 0, 0, size.width, size.height)
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be written.'))),
      type,
      0.85,
    ),
  )
}
