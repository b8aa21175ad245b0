import type { EntrySigner } from '../../viewmodel/upkeep/types.ts'

/** What signs for this person's institution on this device; none where there is no key here. */
export function useSigner(): EntrySigner | undefined {
  return undefined
}
