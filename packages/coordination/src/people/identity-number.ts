/**
 * The identity numbers of both countries, as far as a number itself can be judged. Honduras (DNI): department, municipality,
 * year of the entry, sequence. Guatemala (CUI, on the DPI): eight digits, check digit, department, municipality. What is found
 * wrong is said, and never stands in the way: papers carry mistakes, and a case must be opened all the same.
 */
import { type BilingualText, seenText } from '@enlace/directory/text'
import { localYear } from '../time/border-time.ts'
import { departments } from './identity-places.ts'

export type IdentityCountry = 'HN' | 'GT'

export type IdentityFault =
  | 'letters'
  | 'too_short'
  | 'too_long'
  | 'department'
  | 'municipality'
  | 'year'
  | 'sequence'
  | 'check_digit'

export interface IdentityReading {
  /** without hyphens and spaces; what is no digit stays, so that it is seen */
  digits: string
  /** whose number it is, by what else is known or by the number; undefined where both or neither could be */
  country?: IdentityCountry
  /** as offices write it; only of a number without a fault */
  written?: string
  /** where the number was issued, and in Honduras the year of the entry */
  department?: string
  year?: number
  fault?: IdentityFault
  /** what is wrong, or what is still missing */
  message?: BilingualText
  /** as one types it is not finished yet: to be said calmly */
  unfinished?: true
}

const LENGTH = 13
/** No entry of a living person is older. */
const FIRST_YEAR = 1880

/** Digits of any script as 0-9, without what people put between them. */
export const identityDigits = (text: string): string =>
  seenText(text)
    .normalize('NFKC')
    .replace(/[\s\p{Pd}.,:#/_·•−()[\]'"’]/gu, '')
    .replace(/^(?:identidad|c[eé]dula|n[uú]mero|dni|cui|dpi|id|num|no|de|n[º°]?)+(?=\d|$)/iu, '')

interface Judged {
  fault?: IdentityFault
  message?: BilingualText
  department?: string
  year?: number
}

const two = (digits: string, at: number) => digits.slice(at, at + 2)

/** Judges as much of the place as has been typed. */
function placeOf(country: IdentityCountry, digits: string, at: number): Judged {
  const named = two(digits, at)
  if (named.length < 2) return {}
  const all = departments[country]
  const department = all[Number(named) - 1]
  const word = country === 'HN' ? 'DNI' : 'CUI'
  if (!department)
    return {
      fault: 'department',
      message: {
        es: `El departamento ${named} no existe: en un ${word} va de 01 a ${all.length}.`,
        en: `There is no department ${named}: in a ${word} it goes from 01 to ${all.length}.`,
      },
    }
  const municipality = two(digits, at + 2)
  if (municipality.length === 2) {
    const n = Number(municipality)
    if (n < 1 || n > department.municipalities)
      return {
        fault: 'municipality',
        message: {
          es: `${department.name} (${named}) no tiene municipio ${municipality}: va de 01 a ${String(department.municipalities).padStart(2, '0')}.`,
          en: `${department.name} (${named}) has no municipality ${municipality}: it goes from 01 to ${String(department.municipalities).padStart(2, '0')}.`,
        },
      }
  }
  return { department: department.name }
}

function honduran(digits: string, now: number): Judged {
  const place = placeOf('HN', digits, 0)
  const typed = digits.slice(4, 8)
  if (typed.length < 4) return place
  const year = Number(typed)
  const early = year < FIRST_YEAR
  if (early || year > localYear(now)) {
    if (place.fault) return place
    return {
      ...place,
      fault: 'year',
      message: early
        ? {
            es: `El año ${typed} no puede ser: revise las cifras 5 a 8.`,
            en: `The year cannot be ${typed}: check digits 5 to 8.`,
          }
        : {
            es: `El año ${typed} aún no llega: revise las cifras 5 a 8.`,
            en: `The year ${typed} has not come yet: check digits 5 to 8.`,
          },
    }
  }
  if (place.fault || digits.slice(8) !== '00000') return { ...place, year }
  return {
    ...place,
    year,
    fault: 'sequence',
    message: {
      es: 'El correlativo (las últimas cinco cifras) no puede ser 00000.',
      en: 'The sequence (the last five digits) cannot be 00000.',
    },
  }
}

/** Weights 2 to 9, modulo 11; a remainder of 10 is no digit, and such numbers are not issued. */
export const cuiCheckDigit = (eight: string): number =>
  [...eight].reduce((sum, digit, at) => sum + Number(digit) * (at + 2), 0) % 11

function guatemalan(digits: string): Judged {
  if (digits.length >= 9 && Number(digits[8]) !== cuiCheckDigit(digits.slice(0, 8)))
    return {
      // The place is judged too: a number whose place is wrong as well is hardly this country's.
      ...placeOf('GT', digits, 9),
      fault: 'check_digit',
      message: {
        es: 'El dígito verificador (la novena cifra) no corresponde: alguna de las primeras nueve cifras está mal o cambiada de lugar.',
        en: 'The check digit (the ninth) does not fit: one of the first nine digits is wrong or out of place.',
      },
    }
  if (/^0{8}/.test(digits))
    return {
      fault: 'sequence',
      message: {
        es: 'Las primeras ocho cifras no pueden ser todas cero.',
        en: 'The first eight digits cannot all be zero.',
      },
    }
  return placeOf('GT', digits, 9)
}

const judge = (country: IdentityCountry, digits: string, now: number): Judged =>
  country === 'HN' ? honduran(digits, now) : guatemalan(digits)

const written = (country: IdentityCountry, digits: string): string =>
  country === 'HN'
    ? `${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8)}`
    : `${digits.slice(0, 4)} ${digits.slice(4, 9)} ${digits.slice(9)}`

const lookalikes: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1', s: '5', b: '8', z: '2' }

/**
 * Reads a number as far as it has been typed. `country`: where the person is from, if that is known to be one of the two; both
 * are tried otherwise.
 */
export function readIdentityNumber(
  text: string,
  now: number,
  country?: IdentityCountry,
): IdentityReading | undefined {
  const digits = identityDigits(text)
  if (digits === '') return undefined
  const grouped = groupedAs(text)
  const strange = /[^0-9]/u.exec(digits)?.[0]
  if (strange !== undefined) {
    const meant = lookalikes[strange.toLowerCase()]
    return {
      digits,
      fault: 'letters',
      message: {
        es: `Lleva solo cifras, y aquí hay «${strange}»${meant ? `. ¿Es un ${meant}?` : '.'}`,
        en: `It has digits only, and here is “${strange}”${meant ? `. Is it a ${meant}?` : '.'}`,
      },
    }
  }
  const tried = (country ? [country] : (['HN', 'GT'] as const)).map((one) => ({
    country: one,
    ...judge(one, digits.slice(0, LENGTH), now),
  }))
  const good = tried.filter((one) => !one.fault)
  if (digits.length > LENGTH)
    return {
      digits,
      ...(country ? { country } : {}),
      fault: 'too_long',
      message: counted(digits.length - LENGTH, 'sobra', 'sobran', 'too many'),
    }
  if (digits.length < LENGTH) {
    const only = good.length === 0 ? nearest(tried, grouped) : undefined
    if (only) return { digits, ...(country ? { country } : {}), fault: only.fault!, message: only.message! }
    return {
      digits,
      ...(country ? { country } : {}),
      fault: 'too_short',
      message: counted(LENGTH - digits.length, 'falta', 'faltan', 'missing'),
      unfinished: true,
    }
  }
  const [first, second] = good
  if (first && !second)
    return {
      digits,
      country: first.country,
      written: written(first.country, digits),
      ...placed(first),
    }
  if (first) return { digits }
  const one = nearest(tried, grouped)!
  // The number may be a good one of the other country.
  const other = country === 'HN' ? 'GT' : 'HN'
  if (country && !judge(other, digits, now).fault)
    return {
      digits,
      country,
      fault: one.fault!,
      message: {
        es: `${one.message!.es} Sí puede ser un ${numberName[other].es}.`,
        en: `${one.message!.en} It can be a ${numberName[other].en}.`,
      },
    }
  return {
    digits,
    country: one.country,
    fault: one.fault!,
    message: country
      ? one.message!
      : {
          es: `Como ${numberName[one.country].es}: ${one.message!.es}`,
          en: `As a ${numberName[one.country].en}: ${one.message!.en}`,
        },
  }
}

export const numberName: Readonly<Record<IdentityCountry, BilingualText>> = {
  HN: { es: 'DNI de Honduras', en: 'DNI of Honduras' },
  GT: { es: 'CUI de Guatemala', en: 'CUI of Guatemala' },
}

/** Offices part the digits each in their way: 0801-1990-12345, 2780 04210 1901. */
function groupedAs(text: string): IdentityCountry | undefined {
  const lengths = seenText(text)
    .normalize('NFKC')
    .match(/\d+/g)
    ?.map((part) => part.length)
    .join()
  return lengths === '4,4,5' ? 'HN' : lengths === '4,5,4' ? 'GT' : undefined
}

const placed = ({ department, year }: Judged) => ({
  ...(department === undefined ? {} : { department }),
  ...(year === undefined ? {} : { year }),
})

const counted = (n: number, one: string, many: string, english: string): BilingualText => ({
  es: `Son ${LENGTH} cifras: ${n === 1 ? one : many} ${n}.`,
  en: `It has ${LENGTH} digits: ${n} ${english}.`,
})

/** What speaks for a country although something is wrong: a year that can be is rare by chance, a check digit that fits less so. */
function evidence(
  { country, department, fault, year }: Judged & { country: IdentityCountry },
  grouped: IdentityCountry | undefined,
): number {
  const place =
    (department === undefined ? (fault === 'municipality' ? 1 : 0) : 1.5) + (grouped === country ? 4 : 0)
  if (country === 'HN') return place + (year === undefined ? 0 : 3)
  return place + (fault === 'check_digit' ? 0 : 2.5)
}

function nearest<T extends Judged & { country: IdentityCountry }>(
  tried: readonly T[],
  grouped: IdentityCountry | undefined,
): T | undefined {
  return [...tried].sort((a, b) => evidence(b, grouped) - evidence(a, grouped))[0]
}
