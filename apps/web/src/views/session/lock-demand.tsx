import { useShell } from '../ui/hooks.ts'
import { PinDialog } from './lock-card.tsx'
import { useLockDemand } from './use-lock-demand.ts'

/** The institution demands a lock here: nothing goes on before there is one. */
export default function LockDemand() {
  const { session } = useShell()
  if (useLockDemand() !== 'missing') return null
  return <PinDialog userId={session.userId} demanded onClose={() => undefined} />
}
