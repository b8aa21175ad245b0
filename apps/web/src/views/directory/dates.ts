import { useLanguage, useWords } from '../ui/hooks.ts'

/** Days as people say them. A date without a time is that day everywhere. */
export function useDates() {
  const language = useLanguage()
  const words = useWords().directory
  const format = new Intl.DateTimeFormat(language === 'es' ? 'es-HN' : 'en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
  return {
    /** @param date `2026-11-28` */
    dayText(date: string): string {
      const at = Date.parse(`${date}T12:00:00Z`)
      return Number.isNaN(at) ? date : format.format(at)
    },
    /** @param days Monday 0; one after the other */
    weekdays(days: readonly number[]): string {
      const name = (day: number) => words.days[day] ?? ''
      if (days.length === 7) return words.entry.everyDay
      const [first, last] = [days[0], days.at(-1)]
      if (first === undefined || last === undefined) return ''
      const together = last - first === days.length - 1
      return days.length > 2 && together ? words.daysTo(name(first), name(last)) : days.map(name).join(', ')
    },
  }
}
