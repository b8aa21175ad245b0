import type { PocketWords } from '../../viewmodel/interchange/pocket-pdf.ts'
import type { Language, Words } from '../../words/types.ts'

/** The sentences of a printed directory. */
export function pocketWords(words: Words, language: Language, isPublic: boolean, now: number): PocketWords {
  const { pdf } = words.interchange
  const format = new Intl.DateTimeFormat(language === 'es' ? 'es-GT' : 'en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'America/Guatemala',
  })
  const dayOf = (at: number) => format.format(at)
  const audience = isPublic ? pdf.public : pdf.network
  return {
    language,
    title: pdf.title,
    subtitle: [pdf.corridor, `${pdf.printed(dayOf(now))}. ${audience}`],
    verified: (day) => pdf.verified(dayOf(Date.parse(`${day}T12:00:00-06:00`))),
    unverified: pdf.unverified,
    example: pdf.example,
    footer: `Enlace · ${pdf.printed(dayOf(now))} · ${audience}`,
    page: pdf.page,
    empty: pdf.empty,
  }
}
