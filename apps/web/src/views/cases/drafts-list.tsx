import { caseKinds, personText } from '@enlace/coordination'
import { FilePenLine, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { CaseDraft } from '../../viewmodel/cases/types.ts'
import { dateTime } from '../../words/format.ts'
import { useLabel, useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, IconButton } from '../ui/parts.tsx'

/** Cases not sent yet. No other device has them, so they stand above the board. */
export function DraftsList() {
  const { session } = useShell()
  const words = useWords()
  const drafts = useStore(session.caseDrafts.all)
  if (drafts.length === 0) return null
  return (
    <section className="drafts" data-testid="board-drafts">
      <h3>{words.cases.drafts.title}</h3>
      <ul>
        {drafts.map((draft) => (
          <DraftRow key={draft.id} draft={draft} />
        ))}
      </ul>
    </section>
  )
}

function DraftRow(props: { draft: CaseDraft }) {
  const { session, router } = useShell()
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  const [discarding, setDiscarding] = useState(false)
  const { draft } = props
  const person = draft.kind && personText(draft.kind, draft.values)
  const state = draft.sending
    ? draft.failure
      ? words.cases.drafts.waiting
      : words.cases.drafts.sending
    : draft.failure
      ? words.cases.drafts.failed
      : words.cases.drafts.edited(dateTime(draft.updatedAt, language, words))
  return (
    <li className="draft" data-testid="case-draft">
      <button
        type="button"
        className="draft-open"
        onClick={() => router.go({ page: 'new-case', draftId: draft.id })}
      >
        <FilePenLine aria-hidden="true" />
        <span>
          <b>{draft.kind ? label(caseKinds[draft.kind].label) : words.cases.drafts.untitled}</b>
          {person && <span dir="auto">{label(person)}</span>}
          <small className={draft.failure && !draft.sending ? 'danger-text' : 'muted'}>
            {draft.reference ? `${draft.reference} · ` : ''}
            {state}
          </small>
        </span>
      </button>
      {!draft.eventId && (
        <IconButton label={words.cases.drafts.discard} onClick={() => setDiscarding(true)}>
          <Trash2 />
        </IconButton>
      )}
      {discarding && (
        <Dialog title={words.cases.drafts.discardTitle} onClose={() => setDiscarding(false)}>
          <p>{words.cases.drafts.discardHint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button danger"
              onClick={() => void session.caseDrafts.discard(draft.id).then(() => setDiscarding(false))}
            >
              {words.cases.drafts.discard}
            </button>
            <button type="button" className="button" onClick={() => setDiscarding(false)}>
              {words.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </li>
  )
}
