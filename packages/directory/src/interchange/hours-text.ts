import { foldText } from '../text.ts'
import type { CellFaultCode } from './faults.ts'
import type { HoursValue } from './types.ts'

/** Hours as people write them, in Spanish and English: "L-V 8:00-16:00", "lunes a viernes de 8 a 4", "24/7". */

const week = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

const dayWords: Record<string, number> = {}
for (const [day, words] of [
  'l lu lun lunes mo mon monday mondays',
  'm ma mar martes tu tue tues tuesday tuesdays',
  'mi mie mier x miercoles w we wed weds wednesday wednesdays',
  'j ju jue jueves th thu thur thurs thursday thursdays',
  'v vi vie viernes f fr fri friday fridays',
  's sa sab sabado sabados sat saturday saturdays',
  'd do dom domingo domingos su sun sunday sundays',
].entries())
  for (const word of words.split(' ')) dayWords[word] = day

const dayRanges: Record<string, readonly number[]> = {
  'todos los dias': [0, 1, 2, 3, 4, 5, 6],
  'todos dias': [0, 1, 2, 3, 4, 5, 6],
  'cada dia': [0, 1, 2, 3, 4, 5, 6],
  'toda la semana': [0, 1, 2, 3, 4, 5, 6],
  diario: [0, 1, 2, 3, 4, 5, 6],
  diariamente: [0, 1, 2, 3, 4, 5, 6],
  daily: [0, 1, 2, 3, 4, 5, 6],
  'every day': [0, 1, 2, 3, 4, 5, 6],
  'all week': [0, 1, 2, 3, 4, 5, 6],
  'dias habiles': [0, 1, 2, 3, 4],
  'dias laborales': [0, 1, 2, 3, 4],
  'entre semana': [0, 1, 2, 3, 4],
  weekdays: [0, 1, 2, 3, 4],
  'fines de semana': [5, 6],
  'fin de semana': [5, 6],
  weekends: [5, 6],
  weekend: [5, 6],
}

type HoursRead = { ok: true; value: HoursValue[] } | { ok: false; code: CellFaultCode; suggestion?: string }

interface Time {
  minutes: number
  /** whether it says which half of the day: by its letters, or as only a clock of 24 hours would be written */
  sure: boolean
  /** by its letters, "4 pm" */
  letters: boolean
  /** written as on a clock of 24 hours, `08:00`: then an earlier closing is no afternoon */
  clock24: boolean
}

type Token =
  | { kind: 'days'; days: readonly number[] }
  | { kind: 'time'; time: Time }
  | { kind: 'all_day' }
  | { kind: 'to' | 'and' | 'end' | 'next_day' }
  | { kind: 'bad_time' }

const longPhrases = Object.keys(dayRanges).sort((a, b) => b.length - a.length)

function tokensOf(text: string): Token[] | undefined {
  // Dots of "a. m." and "lun." say nothing; dots between digits are those of "8.30".
  let rest = foldText(text)
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\b([ap])\s*\.?\s*m\b\.?/g, '$1m')
    .replace(/\b(hrs|hr|hs|horas|hours|h)\b\.?/g, 'h')
    .replace(/(\d)\s*h(?=\s|$|[-,;.)])/g, '$1 h')
    .replace(/([a-z])\.(?=[\s,;:-]|$)/g, '$1')
    .trim()
  const tokens: Token[] = []
  while (rest !== '') {
    const take = (length: number, token?: Token) => {
      if (token) tokens.push(token)
      rest = rest.slice(length).replace(/^[ \t]+/, '')
    }
    const around =
      /^(?:(?:las\s+)?24\s*(?:h\b|\/\s*7|x\s*7)(?:\s*\/\s*7)?|siempre abierto|always open|todo el dia|all day|dia y noche|day and night|round the clock)/.exec(
        rest,
      )
    if (around) {
      const everyDay = /7$|siempre|always/.test(around[0])
      if (everyDay) tokens.push({ kind: 'days', days: dayRanges['daily']! })
      take(around[0].length, { kind: 'all_day' })
      continue
    }
    const range = longPhrases.find(
      (phrase) => rest.startsWith(phrase) && !/^[a-z]/.test(rest.slice(phrase.length)),
    )
    if (range) {
      take(range.length, { kind: 'days', days: dayRanges[range]! })
      continue
    }
    const nextDay =
      /^(?:\(?\s*\+\s*1\s*\)?|\(?\s*(?:del? )?(?:el )?dia siguiente\s*\)?|\(?\s*next day\s*\)?)/.exec(rest)
    if (nextDay) {
      take(nextDay[0].length, { kind: 'next_day' })
      continue
    }
    const named =
      /^(?:las?\s+)?(?:12\s*(?:del?\s+)?)?(mediodia|medio dia|noon|midday|medianoche|media noche|midnight)\b/.exec(
        rest,
      ) ?? /^12(?:[:.]00)?\s*(md?)\b/.exec(rest)
    if (named) {
      const noon = /mediodia|medio dia|noon|midday|^md?$/.test(named[1]!)
      take(named[0].length, {
        kind: 'time',
        time: { minutes: noon ? 720 : 1440, sure: true, letters: true, clock24: false },
      })
      continue
    }
    const time =
      /^(?:(?:a\s+)?las?\s+)?(\d{1,2})(?:\s*[:.]\s*(\d{2})(?::\d{2})?)?(?:\s*(am|pm|h\b))?(?:\s*(?:de|en|por)\s+la\s+(manana|tarde|noche|madrugada))?(?!\d)/.exec(
        rest,
      )
    if (time) {
      const [whole, hourText, minuteText, half, part] = time
      const hour = Number(hourText)
      const minutes = hour * 60 + Number(minuteText ?? 0)
      if (hour > 24 || Number(minuteText ?? 0) > 59 || minutes > 1440)
        take(whole.length, { kind: 'bad_time' })
      else {
        const late = half === 'pm' || part === 'tarde' || (part === 'noche' && hour >= 6)
        const early =
          half === 'am' || part === 'manana' || part === 'madrugada' || (part === 'noche' && hour < 6)
        const turned = late && hour < 12 ? minutes + 720 : early && hour === 12 ? minutes - 720 : minutes
        if ((late || early) && hour > 12 && half !== undefined && half !== 'h')
          take(whole.length, { kind: 'bad_time' })
        else
          take(whole.length, {
            kind: 'time',
            time: {
              minutes: turned,
              sure: late || early || hour > 12 || hour === 0,
              letters: late || early,
              clock24: hourText!.startsWith('0') && hourText!.length === 2,
            },
          })
      }
      continue
    }
    const word = /^[a-z]+/.exec(rest)?.[0]
    if (word) {
      if (['a', 'al', 'hasta', 'to', 'till', 'until', 'through', 'thru'].includes(word))
        take(word.length, { kind: 'to' })
      else if (['y', 'e', 'and', 'tambien'].includes(word)) take(word.length, { kind: 'and' })
      else if (
        [
          'de',
          'del',
          'desde',
          'los',
          'el',
          'la',
          'las',
          'from',
          'on',
          'at',
          'the',
          'h',
          'dias',
          'dia',
          'horario',
          'abierto',
          'open',
          'atencion',
          'de',
        ].includes(word)
      )
        take(word.length)
      else {
        const days = compactDays(word)
        if (!days) return undefined
        take(word.length, { kind: 'days', days })
      }
      continue
    }
    const mark = rest[0]!
    if (mark === '-' || mark === '/' || mark === '~') take(1, { kind: mark === '/' ? 'and' : 'to' })
    else if (mark === ',' || mark === '&' || mark === '+') take(1, { kind: 'and' })
    else if (mark === ';' || mark === '\n' || mark === '|' || mark === '\r') take(1, { kind: 'end' })
    else if (mark === ':' || mark === '(' || mark === ')' || mark === '.' || mark === ' ' || mark === '\t')
      take(1)
    else return undefined
  }
  return tokens
}

/** "lunes", "LMX", "LMMJV": a word, or letters one after the other. */
function compactDays(word: string): number[] | undefined {
  if (Object.hasOwn(dayWords, word)) return [dayWords[word]!]
  if (word === 'lmmjv' || word === 'lmxjv' || word === 'lmmijv') return [0, 1, 2, 3, 4]
  if (word === 'lmmjvs' || word === 'lmxjvs') return [0, 1, 2, 3, 4, 5]
  if (word === 'lmmjvsd' || word === 'lmxjvsd') return [0, 1, 2, 3, 4, 5, 6]
  if (/^[lmxjvsd]{2,7}$/.test(word) && new Set(word).size === word.length)
    return [...word].map((letter) => 'lmxjvsd'.indexOf(letter))
  return undefined
}

export function readHours(text: string): HoursRead {
  const tokens = tokensOf(text.trim())
  if (!tokens || tokens.length === 0) return { ok: false, code: 'no_hours' }
  if (tokens.some(({ kind }) => kind === 'bad_time')) return { ok: false, code: 'no_such_time' }
  const value: HoursValue[] = []
  const guessed: HoursValue[] = []
  let unclear = false
  let at = 0
  let days: number[] = []
  let spans: Array<[number, number]> = []
  let last = -1
  /** hours came before their days: "8:00-16:00 lunes a viernes" */
  let hoursFirst = false
  const flush = (): CellFaultCode | undefined => {
    if (days.length === 0 && spans.length === 0) return undefined
    if (days.length === 0) return 'no_days'
    if (spans.length === 0) return 'no_times'
    const byday = [...new Set(days)]
      .sort((a, b) => a - b)
      .map((day) => week[day]!)
      .join(',')
    for (const [from, to] of spans) {
      const one = { byday, opens: clockText(from), closes: clockText(to) }
      value.push(one)
      guessed.push(one)
    }
    days = []
    spans = []
    last = -1
    hoursFirst = false
    return undefined
  }
  while (at < tokens.length) {
    const token = tokens[at]!
    const next = tokens[at + 1]
    const after = tokens[at + 2]
    if (token.kind === 'days') {
      // Days after hours begin the next group.
      if (spans.length > 0 && days.length === 0) hoursFirst = true
      else if (spans.length > 0 && !hoursFirst) flush()
      if (next?.kind === 'to' && after?.kind === 'days') {
        const from = token.days.at(-1)!
        const to = after.days[0]!
        for (let day = from; ; day = (day + 1) % 7) {
          days.push(day)
          if (day === to) break
        }
        days.push(...token.days, ...after.days)
        at += 3
      } else {
        days.push(...token.days)
        at += 1
      }
    } else if (token.kind === 'all_day') {
      if (hoursFirst) flush()
      spans.push([0, 1440])
      at += 1
    } else if (token.kind === 'time') {
      if (next?.kind !== 'to' || after?.kind !== 'time') return { ok: false, code: 'no_times' }
      if (hoursFirst) flush()
      const overnight = tokens[at + 3]?.kind === 'next_day'
      const span = overnight
        ? { from: token.time.minutes, to: after.time.minutes, unclear: false }
        : spanOf(token.time, after.time, last)
      unclear ||= span.unclear
      spans.push([span.from, span.to])
      last = span.to
      at += overnight ? 4 : 3
    } else if (token.kind === 'end') {
      // Hours before their days: "8:00-16:00; lunes a viernes" stays open until the days come.
      if (days.length > 0 && spans.length > 0) flush()
      at += 1
    } else if (token.kind === 'and') at += 1
    else return { ok: false, code: 'no_hours' }
  }
  // "24 horas" alone is every day: who closes on some days says so.
  if (days.length === 0 && spans.length === 1 && tokens.every(({ kind }) => kind === 'all_day'))
    days = [...dayRanges['daily']!]
  const fault = flush()
  if (fault) return { ok: false, code: fault }
  if (value.length === 0) return { ok: false, code: 'no_hours' }
  if (unclear) return { ok: false, code: 'unclear_times', suggestion: hoursText(guessed, 'es') }
  return { ok: true, value: canonical(value) }
}

/** Which half of the day is meant, where only numbers up to 12 are said: offices open by day. */
function spanOf(opens: Time, closes: Time, last: number): { from: number; to: number; unclear: boolean } {
  let from = opens.minutes
  // "de 8 a 12 y de 1 a 4": later than what went before.
  if (!opens.sure && !opens.clock24 && last >= 0 && from < last && from + 720 >= last && from < 720)
    from += 720
  const to = closes.minutes === 0 ? 1440 : closes.minutes
  if (to > from) return { from, to, unclear: false }
  if (to === from && (from === 720 || closes.sure)) return { from, to, unclear: true }
  // With its letters, or after an opening in the evening, an earlier closing is that of the next day.
  if (closes.sure) return { from, to, unclear: false }
  const turned = to + 720
  if (turned <= from) return { from, to, unclear: !(opens.sure || from >= 720) }
  return { from, to: turned, unclear: closes.clock24 || (opens.sure && !opens.letters) }
}

const clockText = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

const dayOrder = (byday: string) => week.indexOf(byday.split(',')[0] as 'MO')

/** One order for the same hours, so that they can be compared. */
export function canonical(hours: readonly HoursValue[]): HoursValue[] {
  const seen = new Map<string, HoursValue>()
  for (const each of hours) {
    const byday = each.byday
      .split(',')
      .sort((a, b) => week.indexOf(a as 'MO') - week.indexOf(b as 'MO'))
      .join(',')
    seen.set(`${byday} ${each.opens} ${each.closes}`, { ...each, byday })
  }
  return [...seen.values()].sort(
    (a, b) =>
      dayOrder(a.byday) - dayOrder(b.byday) ||
      a.byday.localeCompare(b.byday) ||
      a.opens.localeCompare(b.opens) ||
      a.closes.localeCompare(b.closes),
  )
}

const shortDays = {
  es: ['L', 'M', 'X', 'J', 'V', 'S', 'D'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
} as const

export function daysText(byday: string, language: 'es' | 'en'): string {
  const days = byday
    .split(',')
    .map((code) => week.indexOf(code as 'MO'))
    .filter((day) => day >= 0)
    .sort((a, b) => a - b)
  const names = shortDays[language]
  const parts: string[] = []
  for (let at = 0; at < days.length; ) {
    let end = at
    while (end + 1 < days.length && days[end + 1] === days[end]! + 1) end += 1
    if (end - at >= 2) parts.push(`${names[days[at]!]}-${names[days[end]!]}`)
    else for (let each = at; each <= end; each++) parts.push(names[days[each]!]!)
    at = end + 1
  }
  return parts.join(',')
}

const shortClock = (clock: string) => clock.replace(/^0(\d)/, '$1').slice(0, 5)

/** Past midnight; said where an hour of the afternoon might be meant instead. */
const nextDayMark = (opens: string, closes: string) =>
  closes <= opens && (opens < '12:00' || Number(closes.slice(0, 2)) + 12 >= Number(opens.slice(0, 2)))
    ? ' (+1)'
    : ''

/** "L-V 8:00-12:00, 13:00-16:00; S 8:00-12:00": what `readHours` reads back. */
export function hoursText(hours: readonly HoursValue[], language: 'es' | 'en'): string {
  const groups: Array<{ byday: string; spans: string[]; last: string }> = []
  for (const { byday, opens, closes } of canonical(hours)) {
    const allDay = opens === '00:00' && closes === '24:00'
    const span = allDay
      ? language === 'es'
        ? '24 horas'
        : '24 hours'
      : `${shortClock(opens)}-${shortClock(closes)}${nextDayMark(opens, closes)}`
    const group = groups.at(-1)
    // Hours that overlap stand apart: on one line the second would be read as those of the afternoon.
    if (group?.byday === byday && opens >= group.last) {
      group.spans.push(span)
      group.last = closes <= opens ? '99' : closes
    } else groups.push({ byday, spans: [span], last: closes <= opens ? '99' : closes })
  }
  return groups.map(({ byday, spans }) => `${daysText(byday, language)} ${spans.join(', ')}`).join('; ')
}
