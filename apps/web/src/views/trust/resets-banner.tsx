import { UserRoundCheck } from 'lucide-react'
import { usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'

/** Above everything, for a coordinator, until nobody waits. */
export function ResetsBanner(props: { here: boolean }) {
  const { resets, router } = useShell()
  const words = useWords()
  const people = usePeople()
  const waiting = useStore(resets.waiting)
  const [first] = waiting
  if (!first || props.here) return null
  return (
    <div className="banner" role="alert" data-testid="resets-banner">
      <UserRoundCheck aria-hidden="true" />
      <span>{words.resets.banner(people.person(first.userId).name, waiting.length - 1)}</span>
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
