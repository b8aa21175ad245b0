import { useShell } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { useLockDemand } from './use-lock-demand.ts'

// It brings all that forms need, and most institutions demand nothing.
const PinDialog = lazyPage(async () => ({ default: (await import('./lock-card.tsx')).PinDialog }), 'quiet')

/** The institution demands a lock here: nothing goes on before there is one. */
export default function LockDemand() {
  const { session } = useShell()
  if (useLockDemand() !== 'missing') return null
  return <PinDialog userId={session.userId} demanded onClose={() => undefined} />
}
