import type { Words } from '../../words/types.ts'
import type { AlertDelivery } from './types.ts'

/** What became of one alert; of one that did not arrive, why, and what to do. */
export function alertOutcome(one: Pick<AlertDelivery, 'state' | 'reason'>, words: Words): string {
  const state = words.calls.delivery[one.state]
  if (one.state !== 'failed' && (one.state !== 'queued' || one.reason === undefined)) return state
  const why = words.calls.undelivered
  return `${state}: ${why[one.reason as keyof typeof why] ?? why.other}`
}
