/** Swaps of duty: one asks, the other accepts, coordinators see it, and it can be undone. Pure. */
import type { DutySwap } from './duty-book.ts'

export const dutySwapActions = ['accept', 'decline', 'withdraw', 'undo'] as const
export type DutySwapAction = (typeof dutySwapActions)[number]

export type DutySwapRefusal = 'not_yours' | 'not_open' | 'over'

/** Its end: of what is given, and of what is taken for it. */
export const swapEnds = (swap: DutySwap): number => Math.max(swap.to_ts, swap.back?.to_ts ?? 0)

/** Whether the person may take that step now. Undefined: yes. */
export function swapRefusal(
  swap: DutySwap,
  action: DutySwapAction,
  who: { userId: string; keeps: boolean },
  now: number,
): DutySwapRefusal | undefined {
  const isParty = who.userId === swap.giver || who.userId === swap.taker
  const allowed = {
    accept: who.userId === swap.taker,
    decline: who.userId === swap.taker,
    withdraw: who.userId === swap.giver,
    undo: isParty || who.keeps,
  }[action]
  if (!allowed) return 'not_yours'
  if (swap.state !== (action === 'undo' ? 'accepted' : 'asked')) return 'not_open'
  return swapEnds(swap) <= now ? 'over' : undefined
}

const after = {
  accept: 'accepted',
  decline: 'declined',
  withdraw: 'withdrawn',
  undo: 'undone',
} as const satisfies Record<DutySwapAction, DutySwap['state']>

/** The swap after a step that is not refused. */
export const swapAfter = (swap: DutySwap, action: DutySwapAction, by: string, now: number): DutySwap => ({
  ...swap,
  state: after[action],
  answered_ts: now,
  ...(action === 'undo' ? { undone_by: by } : {}),
})

/** Whose step it is, and who hears of the last one. */
export function swapTells(swap: DutySwap): string[] {
  switch (swap.state) {
    case 'asked':
      return [swap.taker]
    case 'withdrawn':
      return [swap.taker]
    case 'accepted':
    case 'undone':
      return [swap.giver, swap.taker]
    case 'declined':
      return [swap.giver]
  }
}
