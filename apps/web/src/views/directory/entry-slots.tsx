import type { EntryDetails } from '@enlace/directory/finder'
import type { ComponentType } from 'react'
import { WriteToDuty } from '../duty/write-to-duty.tsx'
import { SignedMark } from '../institution/signed-mark.tsx'
import { lazyPage } from '../ui/lazy-page.tsx'
import { EntryUpkeep } from '../upkeep/entry-upkeep.tsx'

const EntryCards = lazyPage(() => import('../interchange/entry-cards.tsx'), 'quiet')

/**
 * What other areas add to an entry: each stands in a folder of its own and is named here. Everything here gets the
 * entry as this device has it, and shows nothing where it has nothing to say.
 */
export type EntrySlot = ComponentType<{ details: EntryDetails }>

/** Beside call, route and case: the card for a telephone. */
export const entryActions: readonly EntrySlot[] = [({ details }) => <EntryCards entryKey={details.key} />]
/** Below the actions, over the whole width: who is on duty now, and writing to them. */
export const entryPeople: readonly EntrySlot[] = [
  ({ details }) => <WriteToDuty institution={details.key} isPart />,
]
/** Beside the name: who signed it. */
export const entryMarks: readonly EntrySlot[] = [
  ({ details }) => <SignedMark institution={details.key} version={details.lastModified} />,
]
/** Below everything: suggest, confirm, edit, history. */
export const entrySections: readonly EntrySlot[] = [({ details }) => <EntryUpkeep entryKey={details.key} />]
