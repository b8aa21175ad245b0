import type { Answer, Lang } from './types.ts'

/** One line for each thing: what it is called first, then what is known of it. */
export function plain(answer: Answer, lang: Lang): string {
  const text = (value: unknown): string => {
    if (isBilingual(value)) return value[lang]
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  }
  const line = (row: unknown) => {
    if (typeof row !== 'object' || row === null || isBilingual(row)) return text(row)
    const [first, ...others] = Object.entries(row).filter(
      ([, value]) => value !== undefined && value !== null && value !== false,
    )
    return [
      first === undefined ? '' : text(first[1]),
      ...others.map(([key, value]) => `${key}=${text(value)}`),
    ].join('  ')
  }
  const rows = Object.values(answer).find((value) => Array.isArray(value))
  return rows ? rows.map(line).join('\n') : line(answer)
}

const isBilingual = (value: unknown): value is Record<Lang, string> =>
  typeof value === 'object' && value !== null && 'es' in value && 'en' in value
