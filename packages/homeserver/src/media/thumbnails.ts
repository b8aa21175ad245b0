/** Thumbnails (client-server API, "Thumbnails") of plain images. Encrypted ones bring their own; the server cannot see them. */
import { MatrixError } from '../errors.ts'
import type { MediaFiles } from './types.ts'

type Method = 'crop' | 'scale'
export type Wanted = { width: number; height: number; method: Method }
export type Thumbnail =
  | { kind: 'original' }
  | { kind: 'made'; variant: string; contentType: 'image/jpeg' | 'image/png' }

/** The sizes that are made; a request gets the smallest that is not smaller than it. */
const SIZES: readonly Wanted[] = [
  { width: 32, height: 32, method: 'crop' },
  { width: 96, height: 96, method: 'crop' },
  { width: 320, height: 240, method: 'scale' },
  { width: 640, height: 480, method: 'scale' },
  { width: 800, height: 600, method: 'scale' },
]

const MAX_PIXELS = 40_000_000
const MAX_BYTES = 20 * 1024 * 1024
const FORMATS = new Set(['jpeg', 'png', 'webp', 'gif'])
/** One at a time: a phone photo takes about 100 MB while it is decoded. */
const MAX_WAITING = 50

function sizeFor(wanted: Wanted): Wanted | undefined {
  const fits = (size: Wanted) => size.width >= wanted.width && size.height >= wanted.height
  return (
    SIZES.find((size) => size.method === wanted.method && fits(size)) ??
    // A crop to a size that is not made: scaled, it covers the wish as well.
    SIZES.find((size) => size.method === 'scale' && fits(size))
  )
}

export function createThumbnailer(files: MediaFiles) {
  let tail: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function make(hash: string, size: Wanted): Promise<Thumbnail> {
    for (const contentType of ['image/jpeg', 'image/png'] as const) {
      const variant = variantOf(size, contentType)
      if ((await files.size(hash, variant)) !== undefined) return { kind: 'made', variant, contentType }
    }
    const bytes = (await files.size(hash)) ?? 0
    if (bytes > MAX_BYTES) {
      throw new MatrixError(413, 'M_TOO_LARGE', 'The picture is too large for a thumbnail.')
    }
    // Loaded when the first picture needs it: it holds tens of megabytes.
    const { default: sharp } = await import('sharp')
    sharp.cache(false)
    sharp.concurrency(1)
    const options = { limitInputPixels: MAX_PIXELS, failOn: 'error' as const, animated: false }
    try {
      // Reads the head of the file alone, so that a picture of any size may be asked.
      const info = await sharp(files.path(hash), { ...options, limitInputPixels: false }).metadata()
      if (!FORMATS.has(info.format)) throw cannot()
      if (info.width * info.height > MAX_PIXELS)
        throw new MatrixError(413, 'M_TOO_LARGE', 'The picture has too many pixels for a thumbnail.')
      // Turned by its orientation tag, width and height change places.
      const turned = (info.orientation ?? 1) >= 5
      const [width, height] = turned ? [info.height, info.width] : [info.width, info.height]
      if (width <= size.width && height <= size.height) return { kind: 'original' }
      const contentType = info.hasAlpha ? 'image/png' : 'image/jpeg'
      const resized = sharp(files.path(hash), options)
        .rotate()
        .resize({
          width: size.width,
          height: size.height,
          fit: size.method === 'crop' ? 'cover' : 'outside',
          withoutEnlargement: true,
        })
      // Written anew: position and camera data of the original are not in it.
      const made = await (info.hasAlpha ? resized.png() : resized.jpeg({ quality: 80 })).toBuffer()
      const variant = variantOf(size, contentType)
      await files.writeVariant(hash, variant, made)
      return { kind: 'made', variant, contentType }
    } catch (error) {
      if (error instanceof MatrixError) throw error
      throw cannot()
    }
  }

  return {
    /** @throws 400 M_UNKNOWN when there can be none, 413 M_TOO_LARGE */
    async get(hash: string, contentType: string, wanted: Wanted): Promise<Thumbnail> {
      if (!/^image\/(jpeg|png|webp|gif)\b/i.test(contentType)) throw cannot()
      const size = sizeFor(wanted)
      if (!size) return { kind: 'original' }
      if (waiting >= MAX_WAITING) throw new MatrixError(429, 'M_LIMIT_EXCEEDED', 'Try again in a moment.')
      waiting++
      const mine = tail.then(() => make(hash, size))
      tail = mine.catch(() => undefined)
      try {
        return await mine
      } finally {
        waiting--
      }
    },
  }
}

const variantOf = (size: Wanted, contentType: string) =>
  `-${size.width}x${size.height}-${size.method}.${contentType === 'image/png' ? 'png' : 'jpg'}`

const cannot = () => new MatrixError(400, 'M_UNKNOWN', 'There is no thumbnail of this content.')
