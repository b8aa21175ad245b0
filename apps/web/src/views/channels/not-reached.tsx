import { useShell, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** A room that was just made, and who could not be called into it. `names`: as a person reads them. */
export type Halfway = { roomId: string; names: readonly string[] }

/** Says whose server does not answer, before one goes in. */
export function NotReached(props: Halfway & { onClose(): void }) {
  const { router } = useShell()
  const words = useWords()
  return (
    <div data-testid="not-reached">
      <Problem>{words.conversations.notReached(props.names.join(', '))}</Problem>
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="not-reached-go"
          onClick={() => {
            router.go({ page: 'channel', roomId: props.roomId })
            props.onClose()
          }}
        >
          {words.conversations.goIn}
        </button>
      </div>
    </div>
  )
}
