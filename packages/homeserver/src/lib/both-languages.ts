import type { BilingualText } from '@enlace/directory/text'

const lines = new Map<string, BilingualText>()

/** What a schema says of a wrong value where only one string goes: Spanish, and English after a slash. */
export function inBoth(es: string, en: string): string {
  const line = `${es} / ${en}`
  lines.set(line, { es, en })
  return line
}

/** Its half in one language; anything else is as it was. */
export const halfOf = (line: string, lang: 'es' | 'en'): string => lines.get(line)?.[lang] ?? line
