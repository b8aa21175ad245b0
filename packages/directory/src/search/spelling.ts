import { foldText } from '../text.ts'

/** Words as they are compared: folded, without endings of number, and by their sound where they are misspelt. */

export const stopWords: ReadonlySet<string> = new Set(
  'de del la las el los y e o u en a al para por con un una mi su se the of and or in a an for to my'.split(
    ' ',
  ),
)

/** Words that are written short, on lists and by people in a hurry. */
const written: Readonly<Record<string, string>> = {
  pto: 'puerto',
  sn: 'san',
  sta: 'santa',
  sto: 'santo',
  hosp: 'hospital',
  depto: 'departamento',
  dpto: 'departamento',
  mpio: 'municipio',
  bo: 'barrio',
  col: 'colonia',
  ald: 'aldea',
  hnas: 'hermanas',
  dr: 'doctor',
  dra: 'doctora',
  lic: 'licenciado',
  tel: 'telefono',
}

export function wordsOf(text: string): string[] {
  return (foldText(text).match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    Object.hasOwn(written, word) ? written[word]! : word,
  )
}

/** "Albergues" and "albergue" are one word, "migraciones" and "migracion" too. */
export function stem(word: string): string {
  if (word.length > 5 && word.endsWith('es') && !/[aeiou]/.test(word.at(-3) ?? '')) return word.slice(0, -2)
  if (word.length > 3 && word.endsWith('s')) return word.slice(0, -1)
  return word
}

/** Words that sound alike here are written alike: b and v, s, c and z, y and ll, an h that is silent. */
export function soundOf(word: string): string {
  return word
    .replace(/ch/g, '9')
    .replace(/qu(?=[ei])/g, 'k')
    .replace(/gu(?=[ei])/g, '6')
    .replace(/c(?=[ei])/g, 's')
    .replace(/g(?=[ei])/g, 'j')
    .replace(/[hʼ’']/g, '')
    .replace(/ll/g, 'y')
    .replace(/v/g, 'b')
    .replace(/[zx]/g, 's')
    .replace(/[ck]/g, 'k')
    .replace(/w/g, 'u')
    .replace(/(.)\1+/g, '$1')
}

/**
 * How many letters have to be added, left out, changed or swapped with their neighbour to make one word of the other
 * (optimal string alignment); anything above `max` counts as `max + 1`.
 */
export function lettersApart(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1
  // Only what lies so near the diagonal can be near enough: the work grows with the length of a word, not with its square.
  const far = max + 1
  let before = new Uint32Array(b.length + 1).fill(far)
  let last = Uint32Array.from(before, (_, at) => Math.min(at, far))
  let row = before.slice()
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - max)
    const to = Math.min(b.length, i + max)
    row[from - 1] = from === 1 ? Math.min(i, far) : far
    let least = row[from - 1]!
    for (let j = from; j <= to; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1)
      row[j] = cost
      least = Math.min(least, cost)
    }
    if (to < b.length) row[to + 1] = far
    if (least > max) return far
    ;[before, last, row] = [last, row, before]
  }
  return Math.min(last[b.length]!, far)
}

/** How far a word may be from what was meant: short words are easily another word. */
export const tolerance = (word: string): number => (word.length < 5 ? 0 : word.length < 8 ? 1 : 2)

/** Which letters a word has, a bit for each. */
export function lettersIn(word: string): number {
  let letters = 0
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31)
  return letters
}

/** In how many letters two words differ at least: each change takes one away and brings another. */
export function lettersDiffer(a: number, b: number): number {
  let different = a ^ b
  let count = 0
  while (different !== 0) {
    different &= different - 1
    count += 1
  }
  return count
}

/** Finds the word that was meant. Words are given once; asking is a pass over those of similar length. */
export class Speller {
  readonly #bySound = new Map<string, string[]>()
  readonly #byLength = new Map<
    number,
    Array<{ word: string; sound: string; letters: number; common: number }>
  >()

  constructor(words: Iterable<readonly [word: string, common: number]>) {
    for (const [word, common] of words) {
      if (word.length < 4 || /\d/.test(word)) continue
      const sound = soundOf(word)
      this.#bySound.set(sound, [...(this.#bySound.get(sound) ?? []), word])
      const alike = this.#byLength.get(sound.length) ?? []
      alike.push({ word, sound, letters: lettersIn(sound), common })
      this.#byLength.set(sound.length, alike)
    }
  }

  /** Words that sound as this one does; else the nearest in spelling, the most common first. At most five. */
  meant(word: string): string[] {
    const sound = soundOf(word)
    const same = this.#bySound.get(sound)
    if (same) return same.slice(0, 5)
    const max = tolerance(word)
    if (max === 0) return []
    const letters = lettersIn(sound)
    const found: Array<{ word: string; apart: number; common: number }> = []
    for (let length = sound.length - max; length <= sound.length + max; length++) {
      for (const each of this.#byLength.get(length) ?? []) {
        // Most words are too far by their letters alone, which is quickly seen.
        if (lettersDiffer(letters, each.letters) > max * 2) continue
        const apart = lettersApart(sound, each.sound, max)
        if (apart <= max) found.push({ word: each.word, apart, common: each.common })
      }
    }
    const nearest = Math.min(...found.map(({ apart }) => apart))
    return found
      .filter(({ apart }) => apart === nearest)
      .sort((a, b) => b.common - a.common)
      .slice(0, 5)
      .map((each) => each.word)
  }
}
