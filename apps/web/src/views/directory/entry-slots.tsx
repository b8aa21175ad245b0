import type { EntryDetails } from '@enlace/directory/finder'
import type { ComponentType } from 'react'
import { EntryUpkeep } from '../upkeep/entry-upkeep.tsx'

/**
 * What other areas add to an entry: each stands in a folder of its own and is named here. Everything here gets the
 * entry as this device has it, and shows nothing where it has nothing to say.
 */
export type EntrySlot = ComponentType<{ details: EntryDetails }>

/** Beside call, route and case: writing to whoever is on duty, the pocket card. */
export const entryActions: readonly EntrySlot[] = []
/** Beside the name: who signed it. */
export const entryMarks: readonly EntrySlot[] = []
/** Below everything: suggest, confirm, edit, history. */
export const entrySections: readonly EntrySlot[] = [({ details }) => <EntryUpkeep entryKey={details.key} />]
