import { localDate } from '@enlace/coordination'
import {
  type Commitment,
  type CommitmentStatus,
  commitmentStatus,
  commitmentStatusKeys,
} from '@enlace/coordination/meetings'
import { useState } from 'react'
import { dueDay, endOfDay } from '../../viewmodel/meetings/meeting-words.ts'
import { localDateText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLanguage, useWords } from '../ui/hooks.ts'
import { TextField } from '../ui/text-field.tsx'
import { Part, type PartProps, useMeeting, WriteLine } from './part.tsx'

const DAY_MS = 86_400_000

export function CommitmentsPart(props: PartProps) {
  const { state } = props
  const words = useWords()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const may = useMeeting(props)
  const [filter, setFilter] = useState<'all' | 'own' | CommitmentStatus>('all')
  const [responsible, setResponsible] = useState(may.own ?? '')
  const [position, setPosition] = useState('')
  const [day, setDay] = useState(localDate(Date.now() + 30 * DAY_MS))
  const due = endOfDay(day)
  const shown = state.commitments.filter(
    (one) =>
      filter === 'all' ||
      (filter === 'own' ? one.responsible === may.own : commitmentStatus(one, Date.now()) === filter),
  )
  async function commit(text: string): Promise<boolean> {
    if (due === undefined || !position.trim()) return false
    const done = await may.step(
      { step: 'commit', responsible, due_ts: due },
      { what: 'commitment', text, position: position.trim() },
    )
    if (done) setPosition('')
    return done
  }
  return (
    <Part
      title={own.commitments}
      empty={state.commitments.length === 0 && own.commitmentsEmpty}
      testId="meeting-commitments"
    >
      {state.commitments.length > 0 && (
        <Select
          label={own.filter}
          testId="commitments-filter"
          value={filter}
          onChange={(value) => setFilter(value as typeof filter)}
          choices={[
            { value: 'all', label: own.filterAll },
            { value: 'own', label: own.filterOwn },
            ...commitmentStatusKeys.map((one) => ({ value: one, label: own.statuses[one] })),
          ]}
        />
      )}
      {state.commitments.length > 0 && shown.length === 0 && <p className="muted">{own.none}</p>}
      <ul className="meeting-list">
        {shown.map((one) => (
          <CommitmentRow key={one.id} {...props} commitment={one} />
        ))}
      </ul>
      {may.leads && !state.closed && (
        <WriteLine
          label={own.commitment}
          button={own.add}
          testId="commitment-new"
          max={1_000}
          several
          onWrite={commit}
        >
          <div className="meeting-fields">
            <Select
              label={own.responsible}
              testId="commitment-responsible"
              value={responsible}
              onChange={setResponsible}
              choices={state.institutions.map((key) => ({ value: key, label: nameOf(key) }))}
            />
            <TextField
              label={own.inCharge}
              testId="commitment-position"
              max={120}
              required
              value={position}
              onChange={setPosition}
            />
            <TextField
              label={own.due}
              testId="commitment-due"
              type="date"
              required
              value={day}
              onChange={setDay}
            />
          </div>
        </WriteLine>
      )}
      {may.problem}
    </Part>
  )
}

function CommitmentRow(props: PartProps & { commitment: Commitment }) {
  const { commitment } = props
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const may = useMeeting(props)
  const [saying, setSaying] = useState(false)
  const status = commitmentStatus(commitment, Date.now())
  return (
    <li data-testid="commitment" data-status={status}>
      <span>
        {commitment.text ?? own.untitled}
        <small className="muted">
          {' '}
          {nameOf(commitment.responsible)} · {commitment.position} · {own.due}{' '}
          {localDateText(dueDay(commitment.due), language)}
        </small>
        {commitment.progress.map((one) => (
          <small key={one.eventId} className="meeting-progress">
            {own.statuses[one.status]}
            {one.reason && ` · ${one.reason}`}
            {one.evidence && ` · ${one.evidence}`}
          </small>
        ))}
      </span>
      <span className="meeting-mark" data-status={status}>
        {own.statuses[status]}
      </span>
      {may.leads && commitment.responsible === may.own && status !== 'fulfilled' && !saying && (
        <button
          type="button"
          className="button"
          data-testid="commitment-progress"
          onClick={() => setSaying(true)}
        >
          {own.progress}
        </button>
      )}
      {saying && <Progress {...props} onDone={() => setSaying(false)} />}
    </li>
  )
}

function Progress(props: PartProps & { commitment: Commitment; onDone(): void }) {
  const { commitment, onDone } = props
  const words = useWords()
  const own = words.meetings
  const may = useMeeting(props)
  const [status, setStatus] = useState<'under_way' | 'fulfilled' | 'rescheduled'>('under_way')
  const [text, setText] = useState('')
  const [day, setDay] = useState(dueDay(commitment.due + 14 * DAY_MS))
  const moves = status === 'rescheduled'
  const due = endOfDay(day)
  const said = text.trim()
  async function save() {
    const done = await may.step(
      { step: 'progress', commitment: commitment.id, status, ...(moves && due ? { due_ts: due } : {}) },
      said || moves ? { what: 'progress', ...(moves ? { reason: said } : { evidence: said }) } : undefined,
    )
    if (done) onDone()
  }
  return (
    <div className="meeting-write">
      <Select
        label={own.state}
        testId="progress-status"
        value={status}
        onChange={(value) => setStatus(value as typeof status)}
        choices={(['under_way', 'fulfilled', 'rescheduled'] as const).map((one) => ({
          value: one,
          label: own.statuses[one],
        }))}
      />
      <TextField
        label={moves ? own.reason : own.evidence}
        testId="progress-text"
        max={1_000}
        value={text}
        onChange={setText}
      />
      {moves && <TextField label={own.newDue} type="date" value={day} onChange={setDay} />}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="progress-save"
          disabled={moves && (!said || due === undefined)}
          onClick={() => void save()}
        >
          {own.save}
        </button>
        <button type="button" className="button" onClick={onDone}>
          {own.cancel}
        </button>
      </div>
      {may.problem}
    </div>
  )
}
