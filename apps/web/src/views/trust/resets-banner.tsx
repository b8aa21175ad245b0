import { UserRoundCheck } from 'lucide-react'
import { usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'

/** Above everything, for a coordinator, until nobody waits. */
export function ResetsBanner(props: { here: boolean }) {
  const { resets, router, session } = useShell()
  const words = useWords()
  const people = usePeople()
  const waiting = useStore(resets.waiting)
  const envelopes = useStore(resets.envelopes.waiting)
  const [first] = waiting
  const asks = envelopes.find((one) => !one.releasedBy.includes(session.userId))
  if ((!first && !asks) || props.here) return null
  return (
    <div className="banner" role="alert" data-testid="resets-banner">
      <UserRoundCheck aria-hidden="true" />
      <span>
        {first && words.resets.banner(people.person(first.userId).name, waiting.length - 1)}{' '}
        {asks && words.envelope.banner(people.person(asks.userId).name)}
      </span>
      <button
        type="button"
        className="button"
        data-testid="resets-open"
        onClick={() => router.go({ page: 'resets' })}
      >
        {words.resets.open}
      </button>
    </div>
  )
}
