/**
 * What waits on this device to be sent and is nowhere else. Sealed values cannot be counted without a key, so how many there are
 * stands in the names of things: stores of their own have one for each, and of a list in `facts` a mark beside it says its length.
 */

/** Whoever keeps in `facts` a list of what waits to be sent names its slot here, and it is counted wherever something may be lost. */
export const queueSlots = {
  meeting_queue: 'meetings',
  institution_publications: 'publications',
  material_drafts: 'materials',
  gestures: 'acts',
} as const
export type QueueSlot = keyof typeof queueSlots

/** Stores in which each thing is one that waits, or was begun and is on this device alone. */
export const queueStores = { outbox: 'messages', case_drafts: 'cases' } as const

export type WaitKind = (typeof queueSlots)[QueueSlot] | (typeof queueStores)[keyof typeof queueStores]
export type WaitingCounts = Readonly<Partial<Record<WaitKind, number>>>

export const isQueueSlot = (slot: string): slot is QueueSlot => slot in queueSlots
export const totalOf = (counts: WaitingCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Not a name that anything else in `facts` has. */
const MARK = ' waits|'
export const MARKS = { from: MARK, to: `${MARK}\uffff` }
export const marksOf = (slot: QueueSlot) => ({ from: `${MARK}${slot}|`, to: `${MARK}${slot}|\uffff` })
/** What is no list waits for nothing. */
export const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0)
export const markOf = (slot: QueueSlot, count: number): string => `${MARK}${slot}|${count}`

/** @param names those of `facts` that are marks */
export function readMarks(names: readonly string[]): Map<QueueSlot, number> {
  const found = new Map<QueueSlot, number>()
  for (const name of names) {
    const [slot = '', count = ''] = name.slice(MARK.length).split('|')
    if (isQueueSlot(slot) && /^\d{1,9}$/.test(count))
      found.set(slot, Math.max(found.get(slot) ?? 0, Number(count)))
  }
  return found
}

export function countsOf(lengths: ReadonlyMap<QueueSlot, number>): WaitingCounts {
  const counts: Partial<Record<WaitKind, number>> = {}
  for (const [slot, count] of lengths) if (count > 0) counts[queueSlots[slot]] = count
  return counts
}

export function sumOf(all: readonly WaitingCounts[]): WaitingCounts {
  const sum: Partial<Record<WaitKind, number>> = {}
  for (const counts of all)
    for (const [kind, count] of Object.entries(counts) as [WaitKind, number][])
      sum[kind] = (sum[kind] ?? 0) + count
  return sum
}
