/**
 * Countries as papers name them: the codes of ISO 3166-1, named in Spanish and English by the platform (`Intl.DisplayNames`),
 * those of the corridor first. A nationality may also be none (stateless) or not known.
 */
import type { BilingualText } from '@enlace/directory/text'

/** Countries of the corridor and the way north, in the order they are offered. */
export const corridorCountries = ['HN', 'GT', 'SV', 'NI', 'MX', 'US'] as const

/** All 249 codes of ISO 3166-1. */
export const countryCodes: readonly string[] = `
  AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
  CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
  GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
  KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
  MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
  SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
  UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`
  .trim()
  .split(/\s+/)

const known = new Set(countryCodes)
export const isCountryCode = (code: string): boolean => known.has(code)

const names = {
  es: new Intl.DisplayNames('es', { type: 'region' }),
  en: new Intl.DisplayNames('en', { type: 'region' }),
}

export const countryName = (code: string): BilingualText => ({
  es: names.es.of(code) ?? code,
  en: names.en.of(code) ?? code,
})

/** What forms of before offered instead of a country. */
const otherCountry: BilingualText = { es: 'Otro país', en: 'Another country' }
const notKnown: BilingualText = { es: 'No se conoce', en: 'Not known' }
const stateless: BilingualText = { es: 'Apátrida (sin nacionalidad)', en: 'Stateless (no nationality)' }

export type CountryChoices = 'country' | 'nationality'

/** What is offered: the corridor's, what is no country, then the others by their names in the reader's language. */
export function countryChoices(
  of: CountryChoices,
  language: 'es' | 'en',
): { corridor: string[]; none: string[]; others: string[] } {
  const first = new Set<string>(corridorCountries)
  const name = (code: string) => names[language].of(code) ?? code
  return {
    corridor: [...corridorCountries],
    none: of === 'nationality' ? ['unknown', 'stateless'] : ['unknown'],
    others: countryCodes
      .filter((code) => !first.has(code))
      .sort((a, b) => name(a).localeCompare(name(b), language)),
  }
}

/** Whether it may be sent as an answer; `other` is what forms sent before. */
export const isCountryAnswer = (of: CountryChoices, value: string): boolean =>
  isCountryCode(value) ||
  value === 'unknown' ||
  value === 'other' ||
  (of === 'nationality' && value === 'stateless')

export function countryAnswerText(value: string): BilingualText {
  if (value === 'unknown') return notKnown
  if (value === 'stateless') return stateless
  if (value === 'other') return otherCountry
  return isCountryCode(value) ? countryName(value) : { es: value, en: value }
}
