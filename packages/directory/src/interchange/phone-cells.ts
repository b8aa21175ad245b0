import { isUndialable, phoneTypes, readPhone, showPhone } from '../entry/phone.ts'
import { foldText } from '../text.ts'
import type { CellFaultCode } from './faults.ts'
import type { PhoneValue } from './types.ts'
import type { CellRead } from './value-cells.ts'

/**
 * Telephones in a cell: "Recepción: +504 2234 5678 ext. 2 (WhatsApp, de noche); 7948-1234". What is in brackets says
 * what the number is; before a colon, what it is for.
 */

export interface PhoneContext {
  country: string
  /** of an invented institution: its numbers cannot be dialled, and only such are taken */
  example: boolean
}

const typeWords: Record<string, (typeof phoneTypes)[number]> = {
  fijo: 'voice',
  'telefono fijo': 'voice',
  voz: 'voice',
  landline: 'voice',
  celular: 'cell',
  cel: 'cell',
  movil: 'cell',
  mobile: 'cell',
  fax: 'fax',
  sms: 'text',
}
for (const type of phoneTypes) typeWords[type] = type

const typeLabels: Record<string, { es: string; en: string }> = {
  voice: { es: 'fijo', en: 'landline' },
  cell: { es: 'celular', en: 'mobile' },
  text: { es: 'sms', en: 'sms' },
}

/** What a note says; undefined for one that is about something else, which then describes the number. */
function noteOf(note: string): Partial<PhoneValue> | undefined {
  const word = foldText(note)
    .replace(/[^\p{L}\p{N} ]+/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (['whatsapp', 'wasap', 'whats app', 'wa', 'con whatsapp', 'tambien whatsapp'].includes(word))
    return { whatsapp: true }
  if (['sin whatsapp', 'no whatsapp', 'without whatsapp'].includes(word)) return { whatsapp: false }
  if (
    [
      'noche',
      'de noche',
      'contesta de noche',
      '24 horas',
      '24h',
      '24 h',
      'night',
      'at night',
      'answers at night',
      'emergencias',
    ].includes(word)
  )
    return { night: true }
  if (['no de noche', 'no contesta de noche', 'solo de dia', 'not at night', 'daytime only'].includes(word))
    return { night: false }
  const type = Object.hasOwn(typeWords, word) ? typeWords[word] : undefined
  return type ? { type } : undefined
}

export function readPhones(cell: string, context: PhoneContext): CellRead<PhoneValue[]> {
  const values: PhoneValue[] = []
  // A comma or a slash parts two numbers, but not the notes of one.
  const parts = cell
    .split(/[;\n\r]|\s+[yYoO]\s+(?=[+(\d])|[,/]\s*(?=(?:\+|\(\+)?\d[\d\s-]{6,}(?:$|[^)]*$|[^)]*\())/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  for (const part of parts) {
    const one = readOne(part, context)
    if (!one.ok) {
      const fixed = one.suggestion
        ? parts.map((each) => (each === part ? one.suggestion! : each)).join('; ')
        : undefined
      return { ok: false, code: one.code, ...(fixed ? { suggestion: fixed } : {}) }
    }
    if (
      !values.some(
        ({ number, extension }) => number === one.value.number && extension === one.value.extension,
      )
    )
      values.push(one.value)
  }
  return { ok: true, value: values }
}

function readOne(part: string, context: PhoneContext): CellRead<PhoneValue> {
  const value: Partial<PhoneValue> = {}
  const others: string[] = []
  let rest = part
  // Notes at the end; "(504)" at the beginning is part of the number.
  const notes = /^(.*?\d.*?)\s*\(([^()]*)\)\s*$/s.exec(rest)
  if (notes && !/^\+?\d+$/.test(notes[2]!.trim())) {
    rest = notes[1]!
    for (const note of notes[2]!.split(/[,;]/)) {
      const said = noteOf(note)
      if (said) Object.assign(value, said)
      else if (note.trim()) others.push(note.trim())
    }
  }
  const named =
    /^([^:+\d]{2,80}):\s*(.+)$/s.exec(rest) ??
    /^((?:tel|cel|tels|telefono|teléfono|celular|móvil|movil|fax|whatsapp|wa|phone|mobile)s?)\.?\s+(.+)$/is.exec(
      rest,
    )
  if (named) {
    rest = named[2]!
    const said = noteOf(named[1]!)
    if (said) Object.assign(value, said)
    else if (!/^(?:tels?|tel[eé]fonos?|phones?|n[uú]mero)\.?$/i.test(named[1]!.trim()))
      others.unshift(named[1]!.trim())
  }
  // "7948-1234 WhatsApp"
  const trailing = /^(.*\d)\s+([\p{L} ]{2,30})$/su.exec(rest)
  const said = trailing && !/ext/i.test(trailing[2]!) ? noteOf(trailing[2]!) : undefined
  if (trailing && said) {
    rest = trailing[1]!
    Object.assign(value, said)
  }
  const extended = /^(.*?\d)[\s,]*(?:ext(?:ensi[oó]n)?\.?|anexo|x)\s*:?\s*(.*)$/is.exec(rest)
  if (extended) {
    rest = extended[1]!
    if (!/^\d{1,7}$/.test(extended[2]!.trim())) return { ok: false, code: 'no_extension' }
    value.extension = Number(extended[2])
  }
  const number = readNumber(rest, context)
  if (!number.ok) return number
  const description = others.join(', ')
  return { ok: true, value: { ...value, number: number.value, ...(description ? { description } : {}) } }
}

const codes: Record<string, string> = { HN: '504', GT: '502' }

export function readNumber(written: string, { country, example }: PhoneContext): CellRead<string> {
  // Letters that are easily typed for digits.
  const read = readPhone(written, country)
  if (typeof read === 'string') {
    const repaired = written
      .replace(/[oO]/g, '0')
      .replace(/[lI]/g, '1')
      .replace(/[^\d+]/g, '')
    const again = repaired !== written ? readPhone(repaired, country) : read
    const suggestion =
      typeof again !== 'string' && isUndialable(again.number) === example
        ? again.shown
        : withoutDoubt(repaired, country, example)
    const code: CellFaultCode =
      read === 'no_number' && !/\d{5}/.test(written.replace(/\D/g, '')) ? 'no_number' : 'no_such_number'
    return { ok: false, code, ...(suggestion ? { suggestion } : {}) }
  }
  if (example && !isUndialable(read.number)) return { ok: false, code: 'must_not_dial' }
  if (!example && isUndialable(read.number)) return { ok: false, code: 'no_such_number' }
  return { ok: true, value: read.number }
}

/** A country's code written without its plus, twice, or with the zeros dialled before it. */
function withoutDoubt(digits: string, country: string, example: boolean): string | undefined {
  const code = codes[country]
  if (!code) return undefined
  for (const pattern of [
    new RegExp(`^00${code}(\\d{8})$`),
    new RegExp(`^\\+?${code}${code}(\\d{8})$`),
    /^0(\d{8})$/,
  ]) {
    const rest = pattern.exec(digits)?.[1]
    const read = rest ? readPhone(`+${code}${rest}`, country) : undefined
    if (read && typeof read !== 'string' && isUndialable(read.number) === example) return read.shown
  }
  return undefined
}

const phoneKey = ({ number, extension }: PhoneValue) => `${number};${extension ?? ''}`

/** One order, whatever the records' own. */
export const phoneOrder = (phones: readonly PhoneValue[]): PhoneValue[] =>
  [...phones].sort((a, b) => phoneKey(a).localeCompare(phoneKey(b)))

export function phoneText(phone: PhoneValue, language: 'es' | 'en'): string {
  const es = language === 'es'
  const notes = [
    ...(phone.type ? [typeLabels[phone.type]?.[language] ?? phone.type] : []),
    ...(phone.whatsapp === undefined
      ? []
      : [phone.whatsapp ? 'WhatsApp' : es ? 'sin WhatsApp' : 'no WhatsApp']),
    ...(phone.night === undefined
      ? []
      : [phone.night ? (es ? 'de noche' : 'at night') : es ? 'no de noche' : 'not at night']),
    // What would be read as something else before a colon stands in the brackets; commas there part notes.
    ...(phone.description && !isPrefix(phone.description) ? [phone.description] : []),
  ]
  return [
    phone.description && isPrefix(phone.description) ? `${phone.description}: ` : '',
    showPhone(phone.number),
    phone.extension === undefined ? '' : ` ext. ${phone.extension}`,
    notes.length > 0 ? ` (${notes.join(', ')})` : '',
  ].join('')
}

const isPrefix = (description: string) =>
  /^[^:+\d;\n\r()]{2,80}$/.test(description) &&
  description.trim() === description &&
  noteOf(description) === undefined &&
  !/^(?:tels?|tel[eé]fonos?|phones?|n[uú]mero)\.?$/i.test(description)

/** Descriptions that this way of writing cannot carry back as they are: they stay in the record and are not compared. */
export const isWritable = (description: string): boolean =>
  isPrefix(description) ||
  (/^[^;\n\r(),]{1,80}$/.test(description) &&
    description.trim() === description &&
    noteOf(description) === undefined)

export const phonesText = (phones: readonly PhoneValue[], language: 'es' | 'en'): string =>
  phoneOrder(phones)
    .map((phone) => phoneText(phone, language))
    .join('; ')
