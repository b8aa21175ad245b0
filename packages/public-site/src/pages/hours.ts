import { hoursOf } from '@enlace/directory/hours-table'
import type { ScheduleFacts } from '@enlace/directory/opening'
import { html, type Markup, type Piece, plain, written } from '../html.ts'
import { type Language, words } from '../words.ts'

/** More schedules than these are said in words alone: a page computes "open now" from those it has. */
const maxSchedules = 14
const maxLines = 20
const maxToldLetters = 4_000

const months = {
  es: [
    'enero',
    'febrero',
    'marzo',
    'abril',
    'mayo',
    'junio',
    'julio',
    'agosto',
    'septiembre',
    'octubre',
    'noviembre',
    'diciembre',
  ],
  en: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
} as const

/** `2026-11-02` as people say it; what is no date as it is. */
export function dayText(date: string, lang: Language): string {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(date) ?? []
  const name = months[lang][Number(month) - 1]
  if (!name) return plain(date, 40)
  return lang === 'es' ? `${Number(day)} de ${name} de ${year}` : `${Number(day)} ${name} ${year}`
}

/** `YYYY-MM` */
export function monthText(month: string, lang: Language): string {
  const name = months[lang][Number(month.slice(5, 7)) - 1]
  if (!name) return plain(month, 40)
  return lang === 'es' ? `${name} de ${month.slice(0, 4)}` : `${name} ${month.slice(0, 4)}`
}

function weekdaysText(days: readonly number[], lang: Language): string {
  const { days: names, to, and } = words[lang]
  const parts: string[] = []
  for (let at = 0; at < days.length; ) {
    let end = at
    while (end + 1 < days.length && days[end + 1] === days[end]! + 1) end += 1
    if (end - at >= 2) parts.push(`${names[days[at]!]} ${to} ${names[days[end]!]}`)
    else for (let each = at; each <= end; each++) parts.push(names[days[each]!]!)
    at = end + 1
  }
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} ${and} ${parts.at(-1)}` : (parts[0] ?? '')
}

const spansText = (spans: ReadonlyArray<readonly [string, string]>) =>
  spans.map(([opens, closes]) => `${opens}–${closes}`).join(', ')

/** Hours on one line, for lists: "lunes a viernes 8:00–16:00; sábado 8:00–12:00". */
export function hoursLine(schedules: readonly ScheduleFacts[], lang: Language): string | undefined {
  const { weekly, other } = hoursOf(schedules)
  const { allDay, otherDays } = words[lang]
  const lines = weekly.flatMap(({ days, spans, allDay: whole }) =>
    spans.length === 0 ? [] : [`${weekdaysText(days, lang)} ${whole ? allDay : spansText(spans)}`],
  )
  if (lines.length === 0) return other.length > 0 ? otherDays : undefined
  return lines.join('; ')
}

/** Hours whole: week, other days, exceptions, holidays. */
export function hoursTable(schedules: readonly ScheduleFacts[], lang: Language): Markup {
  const say = words[lang]
  const { weekly, other, exceptions, holidays } = hoursOf(schedules)
  if (weekly.length === 0 && other.length === 0 && exceptions.length === 0) return html`<p>${say.noHours}</p>`
  const period = (from?: string, to?: string): string =>
    from && to && from !== to
      ? `${dayText(from, lang)} – ${dayText(to, lang)}`
      : from
        ? dayText(from, lang)
        : to
          ? say.until(dayText(to, lang))
          : ''
  const row = (when: Piece, what: Piece) => html`<tr><th scope="row">${when}</th><td>${what}</td></tr>`
  const rows = [
    ...weekly.map(({ days, spans, allDay }) =>
      row(weekdaysText(days, lang), spans.length === 0 ? say.closed : allDay ? say.allDay : spansText(spans)),
    ),
    ...other
      .slice(0, maxLines)
      .map((one) =>
        row(one.monthly ? say.monthly : period(one.from, one.to) || say.otherDays, [
          one.span ? spansText([one.span]) : '',
          one.text ? html` ${written(one.text, { lang: 'es', most: 300 })}` : '',
        ]),
      ),
  ]
  const special = exceptions
    .slice(0, maxLines)
    .map(({ from, to, days, closed, opens, closes, text }) =>
      row(period(from, to) || weekdaysText(days, lang) || say.otherDays, [
        closed ? say.closed : '',
        opens && closes ? ` ${opens}–${closes}` : '',
        text ? html` ${written(text, { lang: 'es', most: 300 })}` : '',
      ]),
    )
  return html`${rows.length > 0 && html`<table><caption>${say.hours}</caption><tbody>${rows}</tbody></table>`}${
    special.length > 0 && html`<table><caption>${say.exceptions}</caption><tbody>${special}</tbody></table>`
  }<p>${say.holidays[holidays]}</p>`
}

const facts = [
  'freq',
  'interval',
  'byday',
  'bymonthday',
  'byweekno',
  'byyearday',
  'wkst',
  'count',
  'dtstart',
  'until',
  'valid_from',
  'valid_to',
  'opens_at',
  'closes_at',
  'timezone',
  'exception',
  'onHolidays',
] as const satisfies ReadonlyArray<keyof ScheduleFacts>

/** Where the page's script writes whether it is open, from the hours themselves; hidden without a script. */
export function openNow(schedules: readonly ScheduleFacts[], country: string): Markup | undefined {
  if (schedules.length === 0 || schedules.length > maxSchedules) return undefined
  const told = schedules.map((each) =>
    Object.fromEntries(facts.flatMap((name) => (each[name] === undefined ? [] : [[name, each[name]]]))),
  )
  if (JSON.stringify(told).length > maxToldLetters) return undefined
  return html`<p class="now" hidden data-country="${country}" data-hours="${JSON.stringify(told)}"></p>`
}
