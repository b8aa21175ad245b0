const MAX_LENGTH = 80
/** Marks above and below letters that a name may pile up; more of them would spill over other lines. */
const MANY_MARKS = /(\p{M}{2})\p{M}+/gu
/** Control and format characters (direction marks, joiners, invisible tags), and fillers that look like nothing. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u115f\u1160\u3164\uffa0\u2800]|\p{Variation_Selector}|[\u17b4\u17b5]/gu

/** A name as it is shown: one line, nothing invisible, nothing that turns the direction of what stands beside it. */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[\t\n\r\u0085\u2028\u2029]/g, ' ')
    .replace(UNSEEN, '')
    .replace(MANY_MARKS, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > MAX_LENGTH ? `${[...plain].slice(0, MAX_LENGTH - 1).join('')}…` : plain
}
