import '../../styles/cases/new-case.css'
import { type CaseKind, caseTargetsEventType, type FormProblem } from '@enlace/coordination'
import { ArrowLeft, ArrowRight, CalendarClock, FileX2, Link2, SendHorizontal } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { targetLength } from '../../viewmodel/cases/case-time.ts'
import { type FormStepKey, firstOpen, formSteps, stepOfField } from '../../viewmodel/cases/form-steps.ts'
import { institutionChoices, problemsOf, prospectOf } from '../../viewmodel/cases/new-case.ts'
import { suggestedInstitution } from '../../viewmodel/cases/suggested-institution.ts'
import type { CaseDraft } from '../../viewmodel/cases/types.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import { failureText, moment } from '../../words/format.ts'
import { useInstitutions, useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { CaseProgress } from './form/case-progress.tsx'
import { CaseReview } from './form/case-review.tsx'
import { ChildChannel } from './form/child-channel.tsx'
import { DraftLinks, PriorityPicker, Similar, useSimilar } from './form/form-extras.tsx'
import { KindCards } from './form/kind-cards.tsx'
import { useProviders } from './form/use-providers.ts'
import { FormFields } from './form-fields.tsx'
import { InstitutionPicker } from './institution-picker.tsx'

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
  const steps = formSteps(draft, Date.now())
  // One begins where something is missing; what one goes to by hand is kept.
  const [chosenStep, setChosen] = useState<FormStepKey>(() => firstOpen(steps))
  const current = steps.find((one) => one.key === chosenStep) ?? steps[0]!
  const step = current.key
  const at = steps.indexOf(current)
  const body = useRef<HTMLFieldSetElement>(null)
  const touched = useRef(false)
  const go = (key: FormStepKey) => {
    touched.current = true
    setChosen(key)
    body.current?.closest('.page-scroll')?.scrollTo({ top: 0 })
  }
  const [wanted, setWanted] = useState<string>()
  useEffect(() => {
    if (wanted === undefined) return
    // Focusing the first one brings it into view and has a screen reader name it.
    const selector = wanted === 'institution' ? '.picker input' : `[data-field="${CSS.escape(wanted)}"]`
    const found = document.querySelector<HTMLElement>(selector)
    const input = found?.matches('input')
      ? found
      : found?.querySelector<HTMLElement>('input, .select-button, textarea')
    input?.focus()
    setWanted(undefined)
  }, [wanted])
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
  const providers = useProviders()
  const suggestFor = (kind: CaseKind) =>
    suggestedInstitution(
      institutionChoices(people.members(draft.roomId), directory, kind, own),
      directory,
      providers(kind),
      { kind, values: draft.values, own },
    )
  const suggested = draft.kind && suggestFor(draft.kind)
  // What came with its kind, from a message, is asked of whoever provides it; nobody has been shown a step yet.
  useEffect(() => {
    if (!suggested || draft.institutions.length > 0 || touched.current || locked) return
    session.caseDrafts.change(draft.id, { institutions: [suggested] })
    setChosen(firstOpen(formSteps({ ...draft, institutions: [suggested] }, Date.now())))
  }, [suggested, draft, locked, session])
  /** On to what is missing, past what is complete. */
  const onwards = (next: CaseDraft) => go(firstOpen(formSteps(next, Date.now())))
  function chooseKind(kind: CaseKind, byPointer: boolean) {
    const kept = draft.institutions.filter((key) =>
      institutionChoices(people.members(draft.roomId), directory, kind, own).some((one) => one.key === key),
    )
    const suggestion = suggestFor(kind)
    const institutions = kept.length > 0 ? kept : suggestion ? [suggestion] : []
    change({ kind, institutions })
    setProblems([])
    if (byPointer) onwards({ ...draft, kind, institutions })
  }
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
      const [{ field }] = found as [FormProblem]
      setChosen(stepOfField(draft.kind, field, draft.values))
      setWanted(field)
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
      {draft.kind && <CaseProgress steps={steps} current={step} onGo={go} />}
      <div className="page-scroll case-scroll">
        {draft.about && step === 'kind' && (
          <p className="note">
            <Link2 aria-hidden="true" /> {words.cases.form.aboutMessage}
          </p>
        )}
        <fieldset disabled={locked} className="plain-fieldset" ref={body}>
          {step === 'kind' && (
            <KindCards topic={topic?.topic ?? ''} chosen={draft.kind} onChoose={chooseKind} />
          )}
          {step === 'institution' && draft.kind && (
            <InstitutionPicker
              title={
                draft.kind === 'return_notice'
                  ? words.cases.form.receivingTitle
                  : words.cases.form.responsible
              }
              {...(draft.kind === 'return_notice' ? { hint: words.cases.form.receivingHint } : {})}
              {...(suggested ? { suggested } : {})}
              choices={choices}
              chosen={draft.institutions}
              several={draft.kind === 'return_notice'}
              {...(problems.some((one) => one.field === 'institution')
                ? { problem: words.cases.form.noInstitution }
                : {})}
              onChange={(institutions, byPointer) => {
                change({ institutions })
                setProblems((now) => now.filter((one) => one.field !== 'institution'))
                if (byPointer && draft.kind !== 'return_notice') onwards({ ...draft, institutions })
              }}
            />
          )}
          {step === 'send' && draft.kind && (
            <CaseReview
              draft={draft}
              kind={draft.kind}
              names={draft.institutions.map((key) => directory.get(key)?.name ?? key)}
              onGo={go}
            />
          )}
          {draft.kind && (
            <FormFields
              kind={draft.kind}
              sections={current.sections}
              values={draft.values}
              problems={problems}
              fromMessage={draft.fromMessage ?? []}
              onChange={(values) => {
                const before = draft.values
                setProblems((now) => now.filter((one) => values[one.field] === before[one.field]))
                session.caseDrafts.change(draft.id, { values })
              }}
            />
          )}
          {step === 'send' && prospect && (
            <PriorityPicker
              priority={prospect.priority}
              because={
                draft.priority === undefined && prospect.priority === 'high' ? prospect.age : undefined
              }
              onChange={(priority) => change({ priority })}
            />
          )}
        </fieldset>
        {step !== 'kind' && !locked && (
          <ChildChannel
            draft={draft}
            topic={topic?.topic ?? ''}
            onMove={(roomId) => {
              const there = new Set(people.members(roomId).map((one) => one.institution))
              // Of the institutions chosen, those that are in that channel stay.
              change({ roomId, institutions: draft.institutions.filter((key) => there.has(key)) })
            }}
          />
        )}
        {similar.length > 0 && <Similar found={similar} />}
        {step === 'send' && prospect && (
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
        {step === 'send' && (
          <fieldset disabled={locked} className="plain-fieldset">
            <DraftLinks links={draft.links} onChange={(links) => change({ links })} />
          </fieldset>
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
        <p className="muted small-print">{words.cases.form.saved}</p>
      </div>
      {draft.kind && (
        <footer className="case-foot">
          {at > 0 && (
            <button
              type="button"
              className="button"
              data-testid="case-previous"
              onClick={() => go(steps[at - 1]!.key)}
            >
              <ArrowLeft aria-hidden="true" />
              {words.caseForm.previous}
            </button>
          )}
          {step === 'send' ? (
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
          ) : (
            <button
              type="button"
              className="button primary big"
              data-testid="case-next"
              onClick={() => go(steps[at + 1]!.key)}
            >
              {words.caseForm.next}
              <ArrowRight aria-hidden="true" />
            </button>
          )}
        </footer>
      )}
    </section>
  )
}

function lengthWords(prospect: { target: Parameters<typeof targetLength>[0] }, words: typeof es): string {
  const { unit, n } = targetLength(prospect.target)
  return words.cases.form[unit](n)
}
