/** How much of a stranger's document this device draws. */
import { type Size, within } from '../../lib/picture-size.ts'

export const PAGE_LIMITS = {
  /** above it a document is saved and not shown */
  bytes: 30 * 1024 * 1024,
  /** of one picture in a page; larger ones are left out */
  imagePixels: 32_000_000,
  /** for opening, and for each page */
  ms: 12_000,
  /** of a page's text, for who does not see it */
  letters: 20_000,
} as const

const MAX_SIDE = 4_096
const MAX_AREA = 8_000_000

/** What is drawn of a page that says it is so large: pages may claim any size. @throws where it is none */
export function sizeDrawn(width: number, height: number): Size {
  if (!(width > 0 && height > 0 && Number.isFinite(width / height) && Number.isFinite(height / width)))
    throw new Error('The page has no size.')
  const scale = Math.min(1, Math.sqrt(MAX_AREA / (width * height)))
  return within(width * scale, height * scale, MAX_SIDE)
}

/** @throws when it takes longer */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It takes too long.')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
