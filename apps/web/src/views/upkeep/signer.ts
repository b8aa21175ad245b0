import { useMemo } from 'react'
import { createEntrySigner } from '../../viewmodel/upkeep/entry-signer.ts'
import type { EntrySigner } from '../../viewmodel/upkeep/types.ts'
import { useShell } from '../ui/hooks.ts'

/** What signs entries on this device. */
export function useSigner(): EntrySigner {
  const { session } = useShell()
  return useMemo(() => createEntrySigner(session), [session])
}
