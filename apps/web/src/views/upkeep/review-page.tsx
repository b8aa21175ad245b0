import type { Proposal } from '@enlace/directory/upkeep'
import { Scale } from 'lucide-react'
import { useId, useState } from 'react'
import { createKeep } from '../../viewmodel/upkeep/keep.ts'
import type { EntryAnswer, KeepModel, KeepState } from '../../viewmodel/upkeep/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, Problem } from '../ui/parts.tsx'
import { ChangeList } from './change-list.tsx'
import { FreshnessList } from './freshness-list.tsx'
import { Awaited, UpkeepPage, usePerson } from './parts.tsx'
import { useSigner } from './signer.ts'

/** Drafts and suggestions that wait for the institution's coordination, and what is to be confirmed. */
export default function ReviewPage(props: { entryKey: string }) {
  const { session } = useShell()
  const signer = useSigner()
  const model = useModel(() => createKeep(session, props.entryKey, signer), [session, props.entryKey, signer])
  return model ? <Page model={model} /> : null
}

function Page({ model }: { model: KeepModel }) {
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const { answer, loadFailure } = state
  const book = answer?.book
  if (!answer || !book)
    return (
      <UpkeepPage title={answer?.institution.name ?? words.upkeep.review} testId="upkeep-review">
        {answer ? (
          <Problem>{words.upkeep.onlyCoordination}</Problem>
        ) : (
          <Awaited failure={loadFailure} onRetry={() => void model.load()} />
        )}
      </UpkeepPage>
    )
  const open = book.proposals.filter((one) => one.state === 'open')
  const done = {
    accepted: words.upkeep.accepted,
    declined: words.upkeep.declined,
    waiting: words.upkeep.publishing,
  }
  return (
    <UpkeepPage title={words.upkeep.reviewTitle(answer.institution.name)} testId="upkeep-review">
      {book.keeping === 'no_key' && answer.closed && <Problem>{answer.closed[language]}</Problem>}
      <p
        role="status"
        className={state.done && state.done !== 'confirmed' ? 'note' : ''}
        data-testid="review-done"
      >
        {state.done && state.done !== 'confirmed' ? done[state.done] : ''}
      </p>
      {open.length === 0 ? (
        <div className="review-none">
          <Blank
            icon={<Scale />}
            title={words.upkeep.nothingToReview}
            hint={words.upkeep.nothingToReviewHint}
          />
        </div>
      ) : (
        <ul className="plain-list">
          {open.map((proposal) => (
            <ProposalCard key={proposal.id} proposal={proposal} answer={answer} model={model} state={state} />
          ))}
        </ul>
      )}
      <FreshnessList model={model} state={state} />
    </UpkeepPage>
  )
}

function ProposalCard(props: {
  proposal: Proposal
  answer: EntryAnswer
  model: KeepModel
  state: KeepState
}) {
  const { proposal, answer, model, state } = props
  const words = useWords()
  const language = useLanguage()
  const person = usePerson()
  const institution = useInstitutionName()
  const [declining, setDeclining] = useState(false)
  const [reason, setReason] = useState('')
  const id = useId()
  const busy = state.busy !== undefined
  const who = person(proposal.by)
  return (
    <li className="card proposal" data-testid="proposal" data-id={proposal.id}>
      <h2>
        {proposal.kind === 'draft'
          ? words.upkeep.draftBy(who)
          : words.upkeep.suggestionBy(who, institution(proposal.institution))}
      </h2>
      <p className="muted">{dateTime(proposal.at, language, words)}</p>
      <ChangeList edits={proposal.edits} entry={answer.book?.entry ?? answer.entry} />
      {proposal.note && <blockquote>{proposal.note}</blockquote>}
      {!answer.may.decide ? (
        <p className="muted">{words.upkeep.onlyCoordination}</p>
      ) : declining ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void model.decline(proposal, reason)
          }}
        >
          <div className="field">
            <label htmlFor={id}>{words.upkeep.reason}</label>
            <textarea
              id={id}
              rows={2}
              required
              maxLength={1000}
              data-testid="decline-reason"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
          <div className="row-actions">
            <button
              type="submit"
              className="button danger-outline"
              data-testid="decline-confirm"
              disabled={busy || reason.trim() === ''}
            >
              {words.upkeep.declineConfirm}
            </button>
            <button type="button" className="button quiet" onClick={() => setDeclining(false)}>
              {words.upkeep.cancel}
            </button>
          </div>
        </form>
      ) : (
        <div className="row-actions">
          <button
            type="button"
            className="button primary"
            data-testid="proposal-accept"
            disabled={busy || !state.maySign}
            onClick={() => void model.accept(proposal)}
          >
            {state.busy === proposal.id ? words.cases.sheet.working : words.upkeep.accept}
          </button>
          <button
            type="button"
            className="button"
            data-testid="proposal-decline"
            disabled={busy}
            onClick={() => setDeclining(true)}
          >
            {words.upkeep.decline}
          </button>
        </div>
      )}
      {answer.may.decide && !state.maySign && answer.book?.keeping === 'signed' && (
        <p className="muted">{words.upkeep.noKeyHere}</p>
      )}
      {state.failure && <Problem>{failureText(state.failure, language, words)}</Problem>}
    </li>
  )
}
