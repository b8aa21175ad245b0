/** How large pictures are sent, and how much of them a small one shows. */

const MAX_SIDE = 2560
/** A long screenshot is read by its width: that stays, as far as a canvas and a phone's memory go. */
const MIN_WIDTH = 1280
const MAX_AREA = 14_000_000
const MAX_CANVAS_SIDE = 16_384
/** Of something longer a thumbnail shows the beginning: all of it would be a stripe. */
const MAX_SHAPE = 2

export interface Size {
  width: number
  height: number
}

/** Within a square, its shape kept. */
export function within(width: number, height: number, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Smaller where that loses nothing that is read: by area, and never so that lines of text become hair. */
export function legible(width: number, height: number): Size {
  const scale = Math.min(
    1,
    Math.max(MAX_SIDE / Math.max(width, height), MIN_WIDTH / Math.min(width, height)),
    Math.sqrt(MAX_AREA / (width * height)),
    MAX_CANVAS_SIDE / Math.max(width, height),
  )
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) }
}

/** The part of a picture that a small one of it shows. */
export function beginning(width: number, height: number): Size {
  return { width: Math.min(width, height * MAX_SHAPE), height: Math.min(height, width * MAX_SHAPE) }
}

/** Types that are shown as pictures. Never SVG or HTML: they can carry scripts. */
export const shownImageTypes: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
])
