import {
  type CaseKind,
  caseKinds,
  caseKindsFor,
  caseTargetsEventType,
  type FormProblem,
  type Priority,
  priorities,
} from '@enlace/coordination'
import { ArrowLeft, CalendarClock, FileX2, Link2, SendHorizontal, X } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { targetLength } from '../../viewmodel/cases/case-time.ts'
import { institutionChoices, problemsOf, prospectOf } from '../../viewmodel/cases/new-case.ts'
import type { CaseDraft, KeptDetails } from '../../viewmodel/cases/types.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import { failureText, moment } from '../../words/format.ts'
import {
  useInstitutions,
  useLabel,
  useLanguage,
  usePeople,
  useShell,
  useStore,
  useWords,
} from '../ui/hooks.ts'
import { Blank, IconButton, Problem } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { FormFields } from './form-fields.tsx'
import { InstitutionPicker } from './institution-picker.tsx'
import { LinkPicker } from './link-picker.tsx'

const noInstitution = { es: es.cases.form.noInstitution, en: en.cases.form.noInstitution }

export default function NewCasePage(props: { draftId: string }) {
  const { session, router } = useShell()
  const words = useWords()
  const drafts = useStore(session.caseDrafts.all)
  const draft = drafts.find((one) => one.id === props.draftId)
  if (!draft)
    return (
      <Blank icon={<FileX2 />} title={words.cases.drafts.lost} hint={words.cases.drafts.lostHint}>
        <button
          type="button"
          className="button primary"
          onClick={() => router.go({ page: 'board' }, { replace: true })}
        >
          {words.cases.page.toBoard}
        </button>
      </Blank>
    )
  return <DraftForm draft={draft} />
}

function DraftForm(props: { draft: CaseDraft }) {
  const { draft } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const directory = useInstitutions()
  const channelName = useChannelName()
  const me = useStore(session.me)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const room = session.client.getRoom(draft.roomId)
  const topic = room ? topicOf(session, room) : undefined
  const similar = useSimilar(draft)
  const own = me?.institution?.key
  const locked = draft.sending === true || draft.eventId !== undefined
  const change = (fields: Parameters<typeof session.caseDrafts.change>[1]) => {
    session.caseDrafts.change(draft.id, fields)
    setProblems((now) =>
      now.filter((one) => !(one.field in (fields.values ?? {})) || fields.values === draft.values),
    )
  }
  const choices = useMemo(
    () => (draft.kind ? institutionChoices(people.members(draft.roomId), directory, draft.kind, own) : []),
    [people, draft.roomId, directory, draft.kind, own],
  )
  const sources = (institution: string | undefined) => {
    const content = (key: string) =>
      room?.currentState.getStateEvents(caseTargetsEventType, key)?.getContent()
    return { general: content(''), own: institution ? content(institution) : undefined }
  }
  const prospect = prospectOf(draft, directory, sources(draft.institutions[0]), Date.now())

  async function submit(unkept = false) {
    const found = problemsOf(draft, noInstitution, Date.now())
    setProblems(found)
    if (found.length > 0) {
      // Focusing the first one brings it into view and has a screen reader name it.
      const [{ field }] = found as [FormProblem]
      const selector =
        field === 'institution' ? '.picker input' : `[data-testid="field-${CSS.escape(field)}"]`
      document.querySelector<HTMLElement>(selector)?.focus()
      return
    }
    if (!unkept) await session.caseDrafts.flush().catch(() => undefined)
    const outcome = await session.caseDrafts.submit(draft.id, unkept)
    if (outcome === 'sent') {
      router.go({ page: 'board' }, { replace: true })
      return
    }
  }

  if (me !== undefined && !session.cases.actor())
    return (
      <Blank icon={<FileX2 />} title={words.cases.form.title} hint={words.cases.form.noActor}>
        <button type="button" className="button primary" onClick={() => router.go({ page: 'channels' })}>
          {words.errors.toChannels}
        </button>
      </Blank>
    )
  return (
    <section className="page case-page" data-testid="new-case">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <div className="channel-title">
          <h2>{words.cases.form.title}</h2>
          {room && topic && <span className="muted">{channelName({ ...topic, name: room.name })}</span>}
        </div>
      </header>
      <div className="page-scroll case-scroll">
        {draft.about && (
          <p className="note">
            <Link2 aria-hidden="true" /> {words.cases.form.aboutMessage}
          </p>
        )}
        <KindPicker
          topic={topic?.topic ?? ''}
          chosen={draft.kind}
          disabled={locked}
          onChange={(kind) => {
            change({ kind, institutions: [] })
            setProblems([])
          }}
        />
        {draft.kind && (
          <fieldset disabled={locked} className="plain-fieldset">
            <InstitutionPicker
              title={
                draft.kind === 'return_notice'
                  ? words.cases.form.receivingTitle
                  : words.cases.form.responsible
              }
              {...(draft.kind === 'return_notice' ? { hint: words.cases.form.receivingHint } : {})}
              choices={choices}
              chosen={draft.institutions}
              several={draft.kind === 'return_notice'}
              {...(problems.some((one) => one.field === 'institution')
                ? { problem: words.cases.form.noInstitution }
                : {})}
              onChange={(institutions) => {
                change({ institutions })
                setProblems((now) => now.filter((one) => one.field !== 'institution'))
              }}
            />
            <FormFields
              kind={draft.kind}
              values={draft.values}
              problems={problems}
              onChange={(values) => {
                const before = draft.values
                setProblems((now) => now.filter((one) => values[one.field] === before[one.field]))
                session.caseDrafts.change(draft.id, { values })
              }}
            />
            {prospect && (
              <PriorityPicker
                priority={prospect.priority}
                minor={prospect.minor && draft.priority === undefined && draft.kind !== 'return_notice'}
                onChange={(priority) => change({ priority })}
              />
            )}
            <DraftLinks links={draft.links} onChange={(links) => change({ links })} />
          </fieldset>
        )}
        {similar.length > 0 && <Similar found={similar} />}
        {prospect && (
          <p className="note case-prospect" data-testid="case-deadline">
            <CalendarClock aria-hidden="true" />
            <span>
              {words.cases.form.deadline(
                moment(prospect.deadline, language),
                lengthWords(prospect, words),
                words.countries[prospect.country] ?? prospect.country,
              )}
              <br />
              {words.cases.form.acknowledgeBy(moment(prospect.acknowledgeBy, language))}
            </span>
          </p>
        )}
        {problems.length > 0 && <Problem>{words.cases.form.problems(problems.length)}</Problem>}
        {draft.failure && (
          <Problem
            action={
              draft.failure.kind === 'storage_full' && (
                <span className="row-actions">
                  <button
                    type="button"
                    className="button"
                    data-testid="case-free"
                    onClick={() => void session.searchIndex.clear()}
                  >
                    {words.composer.freeSpace}
                  </button>
                  <button
                    type="button"
                    className="button"
                    data-testid="case-unkept"
                    onClick={() => void submit(true)}
                  >
                    {words.composer.sendUnkept}
                  </button>
                </span>
              )
            }
          >
            {draft.sending ? words.cases.form.queued : failureText(draft.failure, language, words)}
          </Problem>
        )}
        {draft.kind && (
          <div className="row-actions case-submit">
            <button
              type="button"
              className="button primary big"
              data-testid="case-submit"
              disabled={draft.sending === true && !draft.failure}
              onClick={() => void submit()}
            >
              <SendHorizontal aria-hidden="true" />
              {draft.sending && !draft.failure ? words.cases.form.sending : words.cases.form.submit}
            </button>
            <p className="muted">{words.cases.form.saved}</p>
          </div>
        )}
      </div>
    </section>
  )
}

function lengthWords(prospect: { target: Parameters<typeof targetLength>[0] }, words: typeof es): string {
  const { unit, n } = targetLength(prospect.target)
  return words.cases.form[unit](n)
}

function KindPicker(props: {
  topic: string
  chosen: CaseKind | undefined
  disabled: boolean
  onChange(kind: CaseKind): void
}) {
  const words = useWords()
  const label = useLabel()
  const { fits, others } = caseKindsFor(props.topic)
  return (
    <div className="field">
      <label htmlFor="case-kind">{words.cases.form.kind}</label>
      <select
        id="case-kind"
        className="select"
        data-testid="case-kind"
        disabled={props.disabled}
        value={props.chosen ?? ''}
        onChange={(event) => event.target.value && props.onChange(event.target.value as CaseKind)}
      >
        <option value="">{words.cases.form.choose}</option>
        <optgroup label={words.cases.form.kindFits}>
          {fits.map((kind) => (
            <option key={kind} value={kind}>
              {label(caseKinds[kind].label)}
            </option>
          ))}
        </optgroup>
        <optgroup label={words.cases.form.kindOthers}>
          {others.map((kind) => (
            <option key={kind} value={kind}>
              {label(caseKinds[kind].label)}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  )
}

function PriorityPicker(props: { priority: Priority; minor: boolean; onChange(priority: Priority): void }) {
  const words = useWords()
  const label = useLabel()
  return (
    <div className="field">
      <label htmlFor="case-priority">{words.cases.form.priority}</label>
      <select
        id="case-priority"
        className="select"
        data-testid="case-priority"
        value={props.priority}
        onChange={(event) => props.onChange(event.target.value as Priority)}
      >
        {(Object.keys(priorities) as Priority[]).map((one) => (
          <option key={one} value={one}>
            {label(priorities[one])}
          </option>
        ))}
      </select>
      {props.minor && <small>{words.cases.form.priorityChild}</small>}
    </div>
  )
}

/** Cases this one waits for, such as the certificates a child's return depends on. */
function DraftLinks(props: { links: CaseDraft['links']; onChange(links: CaseDraft['links']): void }) {
  const words = useWords()
  const { links, onChange } = props
  return (
    <fieldset className="form-section">
      <legend>{words.cases.form.links}</legend>
      {links.map((link) => (
        <p key={link.event_id} className="draft-link" data-testid="draft-link">
          <span>
            {words.cases.file.rels[link.rel]} <b className="case-reference">{link.reference}</b>
          </span>
          <IconButton
            label={`${words.cases.page.removeLink} ${link.reference}`}
            onClick={() => onChange(links.filter((one) => one !== link))}
          >
            <X />
          </IconButton>
        </p>
      ))}
      <LinkPicker
        except={undefined}
        rels={['waits_for', 'about']}
        onChoose={(link) =>
          onChange([...links.filter((one) => one.event_id !== link.event_id), link].slice(0, MAX_LINKS))
        }
      />
    </fieldset>
  )
}

const MAX_LINKS = 20

function useSimilar(draft: CaseDraft): readonly KeptDetails[] {
  const { session } = useShell()
  const [found, setFound] = useState<readonly KeptDetails[]>([])
  const { values, eventId } = draft
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      void session.cases.similar(values, eventId).then((all) => current && setFound(all))
    }, 400)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [session, values, eventId])
  return found
}

function Similar(props: { found: readonly KeptDetails[] }) {
  const { session, router } = useShell()
  const words = useWords()
  const label = useLabel()
  const known = useStore(session.cases.known)
  return (
    <div className="problem case-similar" role="status" data-testid="case-similar">
      <div>
        <b>{words.cases.form.similar}</b>
        <p>{words.cases.form.similarHint}</p>
        <ul>
          {props.found.map((one) => (
            <li key={one.caseId}>
              <button
                type="button"
                className="button small"
                onClick={() => router.go({ page: 'case', caseId: one.caseId })}
              >
                {known.get(one.caseId)?.reference ?? label(caseKinds[one.kind].label)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
