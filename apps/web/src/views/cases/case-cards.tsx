import { answered, type CaseState, caseStatuses, documentTypes } from '@enlace/coordination'
import { ArrowRight, CircleCheck, FileClock, Link2 } from 'lucide-react'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import { isReady } from '../../viewmodel/cases/case.ts'
import { documentTypeOf } from '../../viewmodel/cases/case-steps.ts'
import type { CaseModel, CaseView, LinkedCase } from '../../viewmodel/cases/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { ClosedCard } from '../history/closed-card.tsx'
import { Attachment } from '../timeline/attachment.tsx'
import { useLabel, useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { InstitutionName, KindWord } from './case-parts.tsx'

/** Who asks, who answers, who receives: an owner is always named. */
export function CaseParties(props: { state: CaseState }) {
  const { state } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const at = (ts: number) => dateTime(ts, language, words)
  return (
    <section className="case-card-box" data-testid="case-parties">
      <dl className="case-facts">
        <div>
          <dt>{words.cases.asks}</dt>
          <dd>
            <InstitutionName of={state.requesting} />
          </dd>
        </div>
        <div>
          <dt>{words.cases.owner}</dt>
          <dd data-testid="case-owner">
            <InstitutionName of={state.owner} />
          </dd>
        </div>
        {state.offered && (
          <div>
            <dt>{words.cases.offeredTo}</dt>
            <dd>
              <InstitutionName of={state.offered.to} />
            </dd>
          </div>
        )}
        {state.assignee && (
          <div>
            <dt>{words.cases.assignee}</dt>
            <dd data-testid="case-assignee">{people.person(state.assignee, state.roomId).title}</dd>
          </div>
        )}
        {state.follower && (
          <div>
            <dt>{words.cases.follower}</dt>
            <dd data-testid="case-follower">{people.person(state.follower, state.roomId).title}</dd>
          </div>
        )}
        {state.receiving.map((one) => (
          <div key={one.institution} data-testid={`receiving-${one.institution}`}>
            <dt>{words.cases.receiving}</dt>
            <dd>
              <InstitutionName of={one.institution} />
              <small className="muted">
                {one.acknowledgedAt === undefined
                  ? words.cases.page.notAcknowledged
                  : words.cases.page.acknowledgedAt(at(one.acknowledgedAt))}
              </small>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** The form as it was filled in; decrypted on this device. */
export function CaseDetailsCard(props: { view: CaseView; state: CaseState; model: CaseModel }) {
  const { details, loading } = props.view
  const { router } = useShell()
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  const people = usePeople()
  const answers = details ? answered(details.kind, details.values) : []
  return (
    <section className="case-card-box" data-testid="case-details">
      <h3>{words.cases.page.details}</h3>
      {!details && loading && <p className="muted">{words.loading}</p>}
      {!details && !loading && (
        <NoDetails model={props.model} roomId={props.state.roomId} closed={props.view.closed} />
      )}
      {details && (
        <>
          <dl className="case-facts">
            {answers.map(({ field, text }) => (
              <div key={field.key} data-testid={`detail-${field.key}`}>
                <dt>{label(field.label)}</dt>
                <dd dir="auto">{label(text)}</dd>
              </div>
            ))}
          </dl>
          <p className="muted small-print">
            {words.cases.page.detailsBy(
              people.person(details.sender, props.state.roomId).title,
              dateTime(details.ts, language, words),
            )}
          </p>
          {details.about && (
            <button
              type="button"
              className="button small"
              onClick={() =>
                router.go({
                  page: 'channel',
                  roomId: details.about!.room_id,
                  eventId: details.about!.event_id,
                })
              }
            >
              {words.cases.page.aboutMessage}
            </button>
          )}
          <ShareAgain model={props.model} />
        </>
      )}
    </section>
  )
}

/**
 * A device added after the form was sent has no key for it. Where the channel shares what was written before, colleagues' devices
 * give the key; everywhere its person can ask, and somebody who can read the form sends it again.
 */
function NoDetails(props: { model: CaseModel; roomId: string; closed: number }) {
  const { roomId, closed } = props
  const { session } = useShell()
  const words = useWords()
  const [asked, setAsked] = useState(false)
  return (
    <>
      <p className="muted">{words.cases.page.noDetails}</p>
      {closed > 0 && session.history.shares(roomId) && <ClosedCard count={closed} roomId={roomId} />}
      <button
        type="button"
        className="button small"
        data-testid="details-ask"
        disabled={asked}
        onClick={() => {
          setAsked(true)
          void props.model.note(words.cases.page.askDetailsNote)
        }}
      >
        {asked ? words.cases.page.askedDetails : words.cases.page.askDetails}
      </button>
    </>
  )
}

function ShareAgain(props: { model: CaseModel }) {
  const words = useWords()
  const language = useLanguage()
  const [state, setState] = useState<'idle' | 'busy' | 'done' | Failure>('idle')
  async function share() {
    setState('busy')
    setState((await props.model.shareAgain()) ?? 'done')
  }
  return (
    <p className="small-print">
      <button
        type="button"
        className="button small"
        data-testid="details-share"
        disabled={state === 'busy'}
        onClick={() => void share()}
      >
        {words.cases.page.shareAgain}
      </button>{' '}
      <span className="muted" role="status">
        {state === 'done'
          ? words.cases.page.sharedAgain
          : typeof state === 'object'
            ? failureText(state, language, words)
            : words.cases.page.shareAgainHint}
      </span>
    </p>
  )
}

export function CaseDocuments(props: { view: CaseView; state: CaseState }) {
  const { view, state } = props
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  return (
    <section className="case-card-box" data-testid="case-documents">
      <h3>{words.cases.page.documents}</h3>
      {state.documents.length === 0 && <p className="muted">{words.cases.page.noDocuments}</p>}
      <ul className="case-notes">
        {state.documents.map((one) => {
          const body = view.documents.get(one.eventId)?.body
          return (
            <li key={one.eventId} data-testid="case-document">
              <span className="history-who">
                <b>{label(documentTypes[documentTypeOf(one.type)])}</b> · <InstitutionName of={one.by} /> ·{' '}
                {dateTime(one.at, language, words)}
              </span>
              {body && 'file' in body ? (
                <Attachment body={body} />
              ) : (
                <p className="muted">
                  <FileClock aria-hidden="true" /> {words.cases.page.documentMissing}
                </p>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** Cases this one waits for, other links, and cases that seem to be about the same person (known to this device alone). */
export function CaseLinks(props: { view: CaseView; state: CaseState; model: CaseModel }) {
  const { view } = props
  const { router, session } = useShell()
  const words = useWords()
  if (view.links.length + view.duplicates.length === 0) return null
  return (
    <section className="case-card-box" data-testid="case-links">
      <h3>{words.cases.page.links}</h3>
      <ul className="case-notes">
        {view.links.map((one) => (
          <LinkLine key={`${one.link.rel}-${one.link.event_id}`} linked={one} />
        ))}
        {view.duplicates.map((one) => (
          <li key={one.caseId} data-testid="case-duplicate">
            <span>
              {words.cases.page.duplicates}{' '}
              <button
                type="button"
                className="button small"
                onClick={() => router.go({ page: 'case', caseId: one.caseId })}
              >
                <span className="case-reference">
                  {session.cases.known.get().get(one.caseId)?.reference ?? <KindWord kind={one.kind} />}
                </span>
              </button>
            </span>
            <small className="muted">{words.cases.page.duplicatesHint}</small>
          </li>
        ))}
      </ul>
    </section>
  )
}

function LinkLine(props: { linked: LinkedCase }) {
  const { link, row } = props.linked
  const { router } = useShell()
  const words = useWords()
  const label = useLabel()
  const { page, file } = words.cases
  return (
    <li data-testid="case-link" data-rel={link.rel}>
      <span>
        <Link2 aria-hidden="true" /> {file.rels[link.rel]}{' '}
        {row && row !== 'no_access' ? (
          <button
            type="button"
            className="button small"
            onClick={() => router.go({ page: 'case', caseId: link.event_id })}
          >
            <span className="case-reference">{link.reference}</span>
            <ArrowRight aria-hidden="true" />
          </button>
        ) : (
          <b className="case-reference">{link.reference}</b>
        )}
      </span>
      {row === 'no_access' && <small className="muted">{page.noAccess}</small>}
      {row && row !== 'no_access' && (
        <small className={link.rel === 'waits_for' && isReady(row) ? 'ok-text' : 'muted'}>
          {link.rel === 'waits_for' && isReady(row) ? (
            <>
              <CircleCheck aria-hidden="true" /> {label(caseStatuses[row.status])} · {page.ready}
            </>
          ) : link.rel === 'waits_for' ? (
            page.notReady(label(caseStatuses[row.status]))
          ) : (
            label(caseStatuses[row.status])
          )}
        </small>
      )}
    </li>
  )
}
