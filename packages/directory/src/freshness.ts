import type { BilingualText } from './text.ts'

/** How much an entry can be relied on. Verified by a person, that is: a later edit is no verification. */
export const freshnessLabels = {
  verified: { es: 'verificado', en: 'verified' },
  due: { es: 'por verificar', en: 'to be verified' },
  overdue: { es: 'vencido', en: 'overdue' },
} as const satisfies Record<string, BilingualText>

export type Freshness = keyof typeof freshnessLabels

const day = 86_400_000

/**
 * From HSDS `assured_date`: less than 90 days verified, up to 180 due, then overdue. An entry nobody verified is due.
 * A date in the future is a mistake and verifies nothing. `now` in milliseconds.
 */
export function freshnessOf(assuredDate: string | undefined, now: number): Freshness {
  if (!assuredDate) return 'due'
  const age = now - Date.parse(assuredDate)
  if (Number.isNaN(age) || age < -day) return 'due'
  if (age < 90 * day) return 'verified'
  return age <= 180 * day ? 'due' : 'overdue'
}
