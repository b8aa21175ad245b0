/** What a schema says of a wrong value, in both languages: where only one string goes, Spanish comes first, and English after a slash. */
import { z } from 'zod'
import type { BilingualText } from './text.ts'

const lines = new Map<string, BilingualText>()

export function inBoth(es: string, en: string): string {
  const line = `${es} / ${en}`
  lines.set(line, { es, en })
  return line
}

/** A line's halves; undefined: it is in one language. Lines of packages that need nothing of this one are known by their slash. */
export function halvesOf(line: string): BilingualText | undefined {
  const known = lines.get(line)
  if (known) return known
  const [es, en, ...more] = line.split(' / ')
  return es && en && more.length === 0 ? { es, en } : undefined
}

const UNKNOWN = { es: 'esta clave no se conoce', en: 'this key is not known' }

/** What a schema has against `raw`, key by key, in both languages. What it does not say itself is said by Zod in each. */
export function faultsIn(schema: z.ZodType, raw: unknown): BilingualText {
  const said = (lang: 'es' | 'en', whole: string) =>
    (schema.safeParse(raw, { error: z.locales[lang]().localeError }).error?.issues ?? [])
      .flatMap((issue) => {
        if (issue.code === 'unrecognized_keys')
          return issue.keys.map((key) => `${[...issue.path, key].join('.')}: ${UNKNOWN[lang]}`)
        const { path, message } = issue
        return `${path.join('.') || whole}: ${halvesOf(message)?.[lang] ?? message}`
      })
      .join('; ')
  return { es: said('es', 'el archivo'), en: said('en', 'the file') }
}
