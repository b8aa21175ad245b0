/** Whether a recovery key is really kept: parts of it are asked back. */

export const groupsOf = (key: string): string[] => key.trim().split(/\s+/)

/** Two different groups, by chance; counted from 0, in the order of the paper. */
export function pickGroups(key: string, random: () => number = Math.random): number[] {
  const places = groupsOf(key).map((_, place) => place)
  const first = places.splice(Math.floor(random() * places.length), 1)
  const second = places.splice(Math.floor(random() * places.length), 1)
  return [...first, ...second].sort((a, b) => a - b)
}

/** The groups as asked for, or the whole key in any of the fields, as a scanner or a copy gives it. */
export function isKept(key: string, asked: readonly number[], typed: readonly string[]): boolean {
  const groups = groupsOf(key)
  const plain = (text: string) => text.replace(/[\s-]/g, '')
  if (typed.some((one) => plain(one) === plain(key))) return true
  return asked.length > 0 && asked.every((place, index) => plain(typed[index] ?? '') === groups[place])
}
