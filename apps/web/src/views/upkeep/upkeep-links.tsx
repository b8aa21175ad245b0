import { BookOpen, ListChecks, MessageSquarePlus, TriangleAlert } from 'lucide-react'
import { useShell, useStore, useWords } from '../ui/hooks.ts'

/** On the page of the directory: one's own suggestions, and for coordinators what is to be verified. */
export function UpkeepLinks() {
  const { session, router, alerts } = useShell()
  const words = useWords()
  const me = useStore(session.me)
  const toConfirm = useStore(alerts.toConfirm)
  return (
    <div className="upkeep-links">
      {toConfirm !== undefined && (
        <button
          type="button"
          className="button primary small"
          data-testid="upkeep-to-confirm"
          onClick={() => router.go({ page: 'entry-review', key: toConfirm })}
        >
          {words.upkeep.confirmYours}
        </button>
      )}
      <button
        type="button"
        className="button small"
        data-testid="upkeep-mine"
        onClick={() => router.go({ page: 'suggestions' })}
      >
        <MessageSquarePlus aria-hidden="true" />
        {words.upkeep.mine}
      </button>
      <button
        type="button"
        className="button small"
        data-testid="upkeep-risks"
        onClick={() => router.go({ page: 'risks' })}
      >
        <TriangleAlert aria-hidden="true" />
        {words.risks.title}
      </button>
      <button
        type="button"
        className="button small"
        data-testid="upkeep-materials"
        onClick={() => router.go({ page: 'materials' })}
      >
        <BookOpen aria-hidden="true" />
        {words.materials.title}
      </button>
      {me?.role === 'coordinator' && (
        <button
          type="button"
          className="button small"
          data-testid="upkeep-overdue-open"
          onClick={() => router.go({ page: 'overdue' })}
        >
          <ListChecks aria-hidden="true" />
          {words.upkeep.overdue}
        </button>
      )}
    </div>
  )
}
