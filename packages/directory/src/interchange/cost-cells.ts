import { foldText } from '../text.ts'
import type { CostValue } from './types.ts'
import { bad, type CellRead, good, listOf, listText } from './value-cells.ts'

/** What a service costs. */

const freeWords = new Set(
  'gratuito gratuita gratis sin costo free free of charge ninguno no cobra no tiene costo none'.match(/\S+/g),
)
const freePhrases = new Set([
  'sin costo',
  'free of charge',
  'no cobra',
  'no tiene costo',
  'sin cobro',
  'no cost',
  'es gratis',
])
for (const word of ['sin', 'costo', 'of', 'charge', 'no', 'cobra', 'tiene', 'cost']) freeWords.delete(word)

const currencies: Record<string, string> = {
  l: 'HNL',
  lps: 'HNL',
  lp: 'HNL',
  hnl: 'HNL',
  lempira: 'HNL',
  lempiras: 'HNL',
  q: 'GTQ',
  gtq: 'GTQ',
  quetzal: 'GTQ',
  quetzales: 'GTQ',
  $: 'USD',
  us$: 'USD',
  usd: 'USD',
  dolares: 'USD',
  dollars: 'USD',
}
const signs: Record<string, string> = { HNL: 'L', GTQ: 'Q', USD: 'US$' }

/** "Gratuito", "L 50", "Certificación: Q 20.00 (por página)"; several with semicolons between. */
export function readCosts(cell: string, country: string): CellRead<CostValue[]> {
  const home = country === 'GT' ? 'GTQ' : 'HNL'
  const values: CostValue[] = []
  for (const part of listOf(cell)) {
    const match = /^(?:(.{1,120}?):\s*)?(.*?)(?:\s*\(([^()]*)\))?$/s.exec(part)!
    const [, option, amountText, note] = match
    const amount = readAmount(amountText!, home)
    if (!amount) return bad('no_cost', /\b(?:gratu|grat|free)/i.test(part) ? 'gratuito' : undefined)
    values.push({
      ...(option ? { option: option.trim() } : {}),
      ...amount,
      ...(note?.trim() ? { note: note.trim() } : {}),
    })
  }
  return good(values)
}

function readAmount(text: string, home: string): { amount: number; currency: string } | undefined {
  const folded = foldText(text.trim())
  if (freeWords.has(folded) || freePhrases.has(folded)) return { amount: 0, currency: home }
  const match =
    /^([a-z$]{0,10})\.?\s*(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,7}(?:[.,]\d{1,2})?)\s*([a-z$]{0,10})\.?$/.exec(
      folded,
    )
  if (!match) return undefined
  const [, before, digits, after] = match
  const word = before || after
  const currency = word
    ? (currencies[word] ??
      (/^[a-z]{3}$/.test(word) && (before || after) === word && isCurrency(word)
        ? word.toUpperCase()
        : undefined))
    : home
  if (!currency || (before && after)) return undefined
  const amount = Number(/,\d{3}/.test(digits!) ? digits!.replaceAll(',', '') : digits!.replace(',', '.'))
  return { amount, currency }
}

const isCurrency = (code: string) => Intl.supportedValuesOf('currency').includes(code.toUpperCase())

export function costText(costs: readonly CostValue[], language: 'es' | 'en', home: string): string {
  return listText(
    costs.map(({ option, amount, currency, note }) => {
      const price =
        amount === 0 && currency === home
          ? language === 'es'
            ? 'gratuito'
            : 'free'
          : `${signs[currency] ?? currency} ${amount}`
      return `${option ? `${option}: ` : ''}${price}${note ? ` (${note})` : ''}`
    }),
  )
}
