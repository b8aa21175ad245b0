import type { EntryDetails } from '@enlace/directory/finder'
import { hoursOf } from '@enlace/directory/hours-table'
import { useDates } from '../directory/dates.ts'
import { useWords } from '../ui/hooks.ts'

/** The week in one line, as far as it is known. */
export function useHoursText(): (schedules: EntryDetails['services'][number]['schedules']) => string {
  const { weekdays } = useDates()
  const words = useWords().directory.entry
  return (schedules) =>
    hoursOf(schedules)
      .weekly.filter(({ spans, allDay }) => allDay || spans.length > 0)
      .map(
        ({ days, spans, allDay }) =>
          `${weekdays(days)} ${allDay ? words.allDay : spans.map((span) => span.join('–')).join(', ')}`,
      )
      .join('; ')
}
