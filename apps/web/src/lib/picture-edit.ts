/** What is done to a picture before it leaves: turned, and places on it made unrecognisable. */

/** A place on a picture, in parts of its width and height (0..1). */
export interface Area {
  x: number
  y: number
  width: number
  height: number
}

export interface PictureEdit {
  /** quarters of a turn to the right */
  turns: number
  /** on the picture as it stands after turning */
  covered: readonly Area[]
}

export const UNEDITED: PictureEdit = { turns: 0, covered: [] }

export const isEdited = ({ turns, covered }: PictureEdit): boolean => turns % 4 !== 0 || covered.length > 0

/** What was covered stays covered. */
export function turned({ turns, covered }: PictureEdit): PictureEdit {
  return {
    turns: (turns + 1) % 4,
    covered: covered.map(({ x, y, width, height }) => ({
      x: 1 - y - height,
      y: x,
      width: height,
      height: width,
    })),
  }
}

const LEAST = 0.01

/** Between two points of a finger, in whatever direction it went. Undefined for a mere touch. */
export function areaBetween(from: { x: number; y: number }, to: { x: number; y: number }): Area | undefined {
  const inside = (value: number) => Math.min(1, Math.max(0, value))
  const x = inside(Math.min(from.x, to.x))
  const y = inside(Math.min(from.y, to.y))
  const width = inside(Math.max(from.x, to.x)) - x
  const height = inside(Math.max(from.y, to.y)) - y
  return width < LEAST || height < LEAST ? undefined : { x, y, width, height }
}

/** So few fields that no face, and no name, comes back out of them. */
const FIELDS = 6

/** How many fields an area becomes: never so fine that something could be read. */
export function fieldsOf(width: number, height: number): { across: number; down: number } {
  const longer = Math.max(width, height)
  return {
    across: Math.max(1, Math.round((width / longer) * FIELDS)),
    down: Math.max(1, Math.round((height / longer) * FIELDS)),
  }
}
