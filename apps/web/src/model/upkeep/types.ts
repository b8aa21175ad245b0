import type { EntryBook } from '@enlace/directory/upkeep'

/** Signs an institution's entry on this device, with the institution's key. */
export interface EntrySigner {
  /** Whether the key is on this device. */
  holds(institution: string): Promise<boolean>
  /** What is sent to the node: the signed entry with whatever the institution signed before. */
  sign(book: Pick<EntryBook, 'entry' | 'revision'>): Promise<unknown>
}
