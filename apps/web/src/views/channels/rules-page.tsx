import {
  type CaseKind,
  caseKindKeys,
  caseKinds,
  caseKindsFor,
  type EscalationLevel,
  escalationLevels,
  type Priority,
  priorities,
  sharedLevels,
  stageBounds,
  type Target,
  targetFor,
} from '@enlace/coordination'
import { ArrowLeft, Check } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { Length, LengthUnit } from '../../viewmodel/cases/case-time.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import {
  type ChannelRules,
  lengthOf,
  lengthUnits,
  mayChangeRules,
  readRules,
  rulesProblem,
  saveRules,
  targetOf,
  withChain,
  withHolidays,
  withTarget,
} from '../../viewmodel/channels/channel-rules.ts'
import { failureText } from '../../words/format.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
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

const priorityKeys = Object.keys(priorities) as Priority[]
const levels = Object.keys(escalationLevels) as EscalationLevel[]

export default function RulesPage(props: { roomId: string }) {
  const { session, router } = useShell()
  const words = useWords()
  const room = session.client.getRoom(props.roomId)
  if (room?.getMyMembership() !== 'join')
    return (
      <Blank title={words.channel.notFound} hint={words.channel.notFoundHint}>
        <button
          type="button"
          className="button primary"
          onClick={() => router.go({ page: 'channels' }, { replace: true })}
        >
          {words.errors.toChannels}
        </button>
      </Blank>
    )
  return <Rules room={room} />
}

/** How long each kind of case has, and how a call climbs; everybody may read it, coordinators change it. */
function Rules(props: { room: Room }) {
  const { room } = props
  const { session, router } = useShell()
  const words = useWords()
  const channelName = useChannelName()
  const people = usePeople()
  const directory = useInstitutions()
  const [whom, setWhom] = useState('')
  const own = useOwnInstitution()
  const keys = [
    ...new Set(people.members(room.roomId).flatMap((one) => (one.institution ? [one.institution] : []))),
  ].sort()
  return (
    <section className="page case-page" data-testid="rules-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <div className="channel-title">
          <h2>{words.rules.title}</h2>
          <span className="muted">{channelName({ ...topicOf(session, room), name: room.name })}</span>
        </div>
      </header>
      <div className="page-scroll case-scroll">
        <p>{mayChangeRules(room, session.userId, whom, own) ? words.rules.hint : words.rules.readOnly}</p>
        <Select
          label={words.rules.whom}
          testId="rules-whom"
          value={whom}
          onChange={(value) => setWhom(value)}
          choices={[
            { value: '', label: words.rules.everyone },
            ...keys.map((key) => ({ value: key, label: directory.get(key)?.name ?? key })),
          ]}
        />
        <RulesForm key={whom} room={room} whom={whom} />
      </div>
    </section>
  )
}

function RulesForm(props: { room: Room; whom: string }) {
  const { room, whom } = props
  const { session } = useShell()
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  const [rules, setRules] = useState(() => readRules(room, whom))
  const [days, setDays] = useState(() => (rules.targets.calendar?.holidays_added ?? []).join('\n'))
  const { fits, others } = caseKindsFor(topicOf(session, room).topic)
  const [kind, setKind] = useState<CaseKind>(fits[0] ?? caseKindKeys[0])
  const [busy, setBusy] = useState(false)
  const [saved, setSaved] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const may = mayChangeRules(room, session.userId, whom, useOwnInstitution())
  const shared = whom === '' ? undefined : readRules(room, '')
  const general = shared?.targets
  const problem = rulesProblem(rules, whom)
  const change = (next: ChannelRules) => {
    setRules(next)
    setSaved(false)
  }

  async function save() {
    setBusy(true)
    setFailure(undefined)
    const outcome = await saveRules(session, room, whom, rules)
    setBusy(false)
    if (outcome) setFailure(outcome)
    else setSaved(true)
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Select
        label={words.cases.filters.kind}
        testId="rules-kind"
        value={kind}
        onChange={(value) => setKind(value as CaseKind)}
        choices={[...fits, ...others].map((one) => ({ value: one, label: label(caseKinds[one].label) }))}
      />
      <fieldset className="plain-fieldset" disabled={!may || busy}>
        <FormGroup className="form-section" title={words.rules.targets}>
          {(['acknowledge', 'fulfil'] as const).map((what) => (
            <div key={what} className="rules-group">
              <h3>{what === 'acknowledge' ? words.cases.due.acknowledgement : words.cases.due.fulfilment}</h3>
              {priorityKeys.map((priority) => (
                <LengthField
                  key={`${kind}-${priority}`}
                  name={label(priorities[priority])}
                  testId={`rules-${what}-${priority}`}
                  value={rules.targets[what]?.[kind]?.[priority]}
                  otherwise={targetFor(what, kind, priority, { general })}
                  onChange={(target) => change(withTarget(rules, what, kind, priority, target))}
                />
              ))}
            </div>
          ))}
        </FormGroup>
        <FormGroup className="form-section" title={words.rules.chain}>
          <p className="muted">{words.rules.chainHint}</p>
          {(whom === '' ? sharedLevels : levels).map((level) => (
            <div key={level} className="rules-group">
              <label className="check-line">
                <input
                  type="checkbox"
                  data-testid={`rules-level-${level}`}
                  checked={!rules.chain[level]?.skip}
                  disabled={level === 'binational_committee' || whom === ''}
                  onChange={(event) => change(withChain(rules, level, { skip: !event.target.checked }))}
                />
                <b>{label(escalationLevels[level])}</b>
              </label>
              {!rules.chain[level]?.skip &&
                priorityKeys.map((priority) => (
                  <label key={priority} className="rules-line">
                    <span>{label(priorities[priority])}</span>
                    <input
                      type="number"
                      inputMode="numeric"
                      min={1}
                      max={stageBounds[priority].most}
                      data-testid={`rules-within-${level}-${priority}`}
                      placeholder={String(
                        shared?.chain[level]?.within_minutes?.[priority] ?? (priority === 'high' ? 60 : 1440),
                      )}
                      value={rules.chain[level]?.within_minutes?.[priority] ?? ''}
                      onChange={(event) =>
                        change(
                          withChain(rules, level, {
                            priority,
                            minutes: event.target.value === '' ? undefined : Number(event.target.value),
                          }),
                        )
                      }
                    />
                    <span className="muted">{words.rules.units.minutes}</span>
                  </label>
                ))}
            </div>
          ))}
        </FormGroup>
        <FormGroup className="form-section" title={words.rules.holidays}>
          <label className="field">
            <span>{words.rules.holidaysHint}</span>
            <textarea
              rows={3}
              data-testid="rules-holidays"
              placeholder="2026-12-24"
              value={days}
              onChange={(event) => {
                setDays(event.target.value)
                change(withHolidays(rules, event.target.value))
              }}
            />
          </label>
        </FormGroup>
      </fieldset>
      {problem && <Problem>{words.rules.problem[problem]}</Problem>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {may && (
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="rules-save"
            disabled={busy || problem !== undefined}
          >
            {busy ? words.cases.sheet.working : words.rules.save}
          </button>
        </div>
      )}
      {saved && (
        <p className="note case-done" role="status" data-testid="rules-saved">
          <Check aria-hidden="true" />
          <span>{words.rules.saved}</span>
        </p>
      )}
    </form>
  )
}

function useOwnInstitution(): string | undefined {
  const { session } = useShell()
  return useStore(session.me)?.institution?.key
}

function LengthField(props: {
  name: string
  testId: string
  value: Target | undefined
  otherwise: Target
  onChange(target: Target | undefined): void
}) {
  const words = useWords()
  const usual = lengthOf(props.otherwise)
  const own: Length | undefined = props.value && lengthOf(props.value)
  const [unit, setUnit] = useState<LengthUnit>(own?.unit ?? usual.unit)
  const [n, setN] = useState(own ? String(own.n) : '')
  const tell = (text: string, of: LengthUnit) =>
    props.onChange(text === '' ? undefined : targetOf({ n: Math.trunc(Number(text)), unit: of }))
  return (
    <div className="rules-line">
      <span>{props.name}</span>
      <input
        type="number"
        inputMode="numeric"
        min={1}
        aria-label={props.name}
        data-testid={props.testId}
        placeholder={String(usual.n)}
        value={n}
        onChange={(event) => {
          setN(event.target.value)
          tell(event.target.value, unit)
        }}
      />
      <Select
        label={words.rules.unit}
        quiet
        testId={`${props.testId}-unit`}
        value={unit}
        onChange={(value) => {
          const next = value as LengthUnit
          setUnit(next)
          if (n !== '') tell(n, next)
        }}
        choices={lengthUnits.map((one) => ({ value: one, label: words.rules.units[one] }))}
      />
    </div>
  )
}
