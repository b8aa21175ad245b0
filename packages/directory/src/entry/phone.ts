import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** Telephone numbers: as people write them, as they are kept (E.164), and as they are shown and dialled. */

export type PhoneFault = 'no_number' | 'no_such_number'

export interface PhoneNumber {
  /** E.164, e.g. `+50422345678` */
  number: string
  /** as it is read out in its country, with the country's code */
  shown: string
}

/** HSDS asks for the kinds of RFC 6350. */
export const phoneTypes = ['voice', 'cell', 'text', 'fax', 'video', 'pager', 'textphone'] as const

const e164 = /^\+[1-9]\d{6,14}$/

/** Reads a number as people write it. `country`: whose it is when it does not say so. */
export function readPhone(written: string, country: string): PhoneNumber | PhoneFault {
  const text = written.trim().slice(0, 40)
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: country as 'HN', extract: false })
  if (parsed?.isPossible() && e164.test(parsed.number)) {
    if (!parsed.isValid() && !isUndialable(parsed.number)) return 'no_such_number'
    return { number: parsed.number, shown: showPhone(parsed.number) }
  }
  return parsed ? 'no_such_number' : 'no_number'
}

/** A number somebody could be called by: well formed and in a range its country gives out. */
export function isDialable(number: string): boolean {
  return e164.test(number) && (parsePhoneNumberFromString(number)?.isValid() ?? false)
}

/**
 * Numbers for examples: +504 and +502 followed by `0000 0` and three more digits. No subscriber's number of either
 * country begins with 0, and dialled at home the first two zeros are the international prefix of both, after which a
 * third can only begin a country code, and none begins with 0 (ITU-T E.164). So no exchange can connect them.
 */
const undialable = /^\+50[24]00000\d{3}$/

export function isUndialable(number: string): boolean {
  return undialable.test(number)
}

/** `+504 2234 5678`; a number of no known form as it is. */
export function showPhone(number: string): string {
  const border = /^(\+50[24])(\d{4})(\d{4})$/.exec(number)
  if (border) return `${border[1]} ${border[2]} ${border[3]}`
  return parsePhoneNumberFromString(number)?.formatInternational() ?? number
}

export interface Phone {
  number: string
  extension?: number
}

/** What a telephone is given to dial; a pause before the extension (RFC 3966). Nothing for a number that cannot be dialled. */
export function phoneLink({ number, extension }: Phone): string | undefined {
  if (!isDialable(number)) return undefined
  return `tel:${number}${extension === undefined ? '' : `;ext=${extension}`}`
}

/** Opens a conversation in WhatsApp. */
export function whatsappLink(number: string): string | undefined {
  return isDialable(number) ? `https://wa.me/${number.slice(1)}` : undefined
}
