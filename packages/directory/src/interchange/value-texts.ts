import { languageName } from '../entry/language.ts'
import type { BilingualText } from '../text.ts'
import { countryName, serviceLabel } from '../words.ts'
import type { ColumnKey } from './columns.ts'
import { costText } from './cost-cells.ts'
import { hoursText } from './hours-text.ts'
import { phonesText, phoneText } from './phone-cells.ts'
import type { RowValues } from './types.ts'
import { choiceText, listText } from './value-cells.ts'

/** Values as a table writes them: what the readers read back. */

/** A language or a country by the name that is read back, else by its code. */
const languageTexts = new Map(
  ['es', 'en', 'kek', 'cab', 'miq', 'ht'].map((code) => [code, languageName(code)]),
)
const languageText = (code: string, language: 'es' | 'en') => languageTexts.get(code)?.[language] ?? code
const countryText = (code: string, language: 'es' | 'en') =>
  ['GT', 'HN', 'SV', 'MX', 'NI'].includes(code) ? countryName(code)[language] : code

const none = { es: 'todos', en: 'all' }

/** @param home the institution's country: in its currency nothing is "free" */
export function valueText(column: ColumnKey, values: RowValues, language: 'es' | 'en', home: string): string {
  const everybody = (list: readonly string[] | undefined, show: (one: string) => string) =>
    list === undefined ? '' : list.length === 0 ? none[language] : listText(list.map(show))
  const { contact } = values
  switch (column) {
    case 'category':
      return listText((values.category ?? []).map((code) => serviceLabel(code)[language]))
    case 'sexes':
    case 'situations':
      return everybody(values[column], (one) => choiceText(column, one)[language])
    case 'nationalities':
      return everybody(values.nationalities, (code) => countryText(code, language))
    case 'languages':
      return listText((values.languages ?? []).map((code) => languageText(code, language)))
    case 'documents':
    case 'service_area':
    case 'accessibility':
      return listText(values[column] ?? [])
    case 'cost':
      return costText(values.cost ?? [], language, home === 'GT' ? 'GTQ' : 'HNL')
    case 'status':
      return values.status ? choiceText('status', values.status)[language] : ''
    case 'holidays':
      return values.holidays ? choiceText('holidays', values.holidays)[language] : ''
    case 'country':
      return values.country ? countryText(values.country, language) : ''
    case 'phone':
      return phonesText(values.phone ?? [], language)
    case 'hours':
      return hoursText(values.hours ?? [], language)
    case 'beds_updated':
      return momentText(values.beds_updated)
    case 'contact':
      return contact?.title ?? ''
    case 'contact_name':
      return contact?.name ?? ''
    case 'contact_email':
      return contact?.email ?? ''
    case 'contact_phone':
      return contact?.phone ? phoneText(contact.phone, language) : ''
    case 'institution':
    case 'institution_key':
    case 'verified':
    case 'coordinates':
    case 'extension':
    case 'whatsapp':
    case 'night':
    case 'days':
    case 'opens':
    case 'closes':
      return ''
    default: {
      const value = values[column]
      return value === undefined || value === null ? '' : String(value)
    }
  }
}

/** At the border, where it was written, without seconds that nobody wrote. */
function momentText(moment: string | undefined): string {
  if (moment === undefined) return ''
  const at = Date.parse(moment)
  if (Number.isNaN(at) || at % 60_000 !== 0) return moment
  const local = new Date(at - 6 * 3_600_000).toISOString()
  const day = local.slice(0, 10)
  const clock = local.slice(11, 16)
  return clock === '00:00' ? day : `${day} ${clock}`
}

export const bothTexts = (column: ColumnKey, values: RowValues, home: string): BilingualText => ({
  es: valueText(column, values, 'es', home),
  en: valueText(column, values, 'en', home),
})
