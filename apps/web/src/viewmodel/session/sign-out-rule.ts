import type { Session } from '../../model/session/types.ts'

/** Longer than this nobody waits for the server before they may leave knowingly. */
export const KNOWN_WITHIN_MS = 10_000

/** What is known of what would be lost by ending the session here; undefined: not known yet. */
export interface EndFacts {
  state: ReturnType<Session['encryption']['state']['get']>
  kept: boolean | undefined
  /** other confirmed devices of the person */
  others: number | undefined
  /** Nobody will say any more: there is no network, or no answer within `KNOWN_WITHIN_MS`. */
  unanswered: boolean
}

/**
 * What ending the session would lose: `nothing`; `maybe`, the key is not kept and another device has it all; `history`, this is
 * the only one; `asking`, that is not known yet; `unknown`, and it cannot be known now. Only facts open the way: whoever leaves
 * with `history` or `unknown` says so by typing.
 */
export type EndLoss = 'nothing' | 'maybe' | 'history' | 'asking' | 'unknown'

export function lossByEnding({ state, kept, others, unanswered }: EndFacts): EndLoss {
  // A device that was never confirmed is given no keys.
  if (state === 'unconfirmed') return 'nothing'
  const open = unanswered || state === 'failed' ? 'unknown' : 'asking'
  if (state === 'preparing' || state === 'failed' || kept === undefined) return open
  if (kept) return 'nothing'
  if (others === undefined) return open
  return others > 0 ? 'maybe' : 'history'
}

export const mustType = (loss: EndLoss): boolean => loss === 'history' || loss === 'unknown'
