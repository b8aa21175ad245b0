/** Who is meant by `@name` in a text. */

interface Named {
  userId: string
  name: string
  /** tells people of one name apart */
  institutionName?: string | undefined
}

/** An address such as name@office.example has one of these before its `@`. */
const BEFORE = /[\p{L}\p{N}\p{M}_+%-]$/u
const AFTER = /^[\p{L}\p{N}\p{M}_]/u

/**
 * Where names stand after an `@`. Of names that begin alike the longest that fits is meant; an `@` inside a word, and a
 * name that goes on, mean nobody.
 */
export function namesIn(
  text: string,
  names: readonly string[],
): Array<{ start: number; end: number; name: string }> {
  const byLength = [...new Set(names)].filter((name) => name !== '').sort((a, b) => b.length - a.length)
  const found: Array<{ start: number; end: number; name: string }> = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (BEFORE.test(text.slice(Math.max(0, at - 2), at))) continue
    const fits = byLength.filter((each) => {
      const end = at + 1 + each.length
      return (
        text.slice(at + 1, end).toLowerCase() === each.toLowerCase() && !AFTER.test(text.slice(end, end + 2))
      )
    })
    const alike = fits.filter(({ length }) => length === fits[0]?.length)
    // Typed without its capitals it is the same name, unless that could be two.
    const name =
      alike.find((each) => text.startsWith(each, at + 1)) ?? (alike.length === 1 ? alike[0] : undefined)
    if (name === undefined) continue
    const end = at + 1 + name.length
    found.push({ start: at, end, name })
    at = end - 1
  }
  return found
}

/** What is written for somebody: the name; with the institution, or the Matrix ID, where another has the same. */
export function mentionLabels(people: readonly Named[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  const isAlone = (label: (one: Named) => string, of: Named) =>
    of.name.trim() !== '' && people.every((one) => one.userId === of.userId || label(one) !== label(of))
  for (const one of people) {
    const label = [(each: Named) => each.name, withInstitution].find((each) => isAlone(each, one))
    labels.set(one.userId, label ? label(one) : one.userId.slice(1))
  }
  return labels
}

const withInstitution = (one: Named) =>
  one.institutionName ? `${one.name} (${one.institutionName})` : one.name

/** Every form in which somebody may stand in a text. */
export const formsOf = (one: Named): string[] => [one.name, withInstitution(one), one.userId.slice(1)]

/** Whom a text means: nobody by a name that two have. Where a person and a group are called the same, the person. */
export function meantIn(
  text: string,
  people: readonly Named[],
  groups: ReadonlyMap<string, readonly string[]> = new Map(),
): { userIds: string[]; groups: Array<{ text: string; user_ids: string[] }> } {
  const labels = mentionLabels(people)
  const byLabel = new Map([...labels].map(([userId, label]) => [label, userId]))
  const found = namesIn(text, [...byLabel.keys(), ...groups.keys()]).map(({ name }) => name)
  const called = [...new Set(found.filter((name) => !byLabel.has(name)))]
  const one = found.flatMap((name) => byLabel.get(name) ?? [])
  return {
    userIds: [...new Set([...one, ...called.flatMap((name) => groups.get(name) ?? [])])],
    groups: called.map((name) => ({ text: `@${name}`, user_ids: [...(groups.get(name) ?? [])] })),
  }
}
