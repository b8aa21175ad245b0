import {
  type CaseFlag,
  type CaseKind,
  type CaseRow,
  type CaseStatus,
  caseKinds,
  caseStatuses,
  type Majority,
  type Priority,
  priorities,
} from '@enlace/coordination'
import {
  ArrowRight,
  Baby,
  ChevronDown,
  ChevronsUp,
  Clock,
  ClockAlert,
  Copy,
  Equal,
  Siren,
} from 'lucide-react'
import { timeLeft } from '../../viewmodel/cases/case-time.ts'
import { moment } from '../../words/format.ts'
import { useInstitutions, useLabel, useLanguage, useWords } from '../ui/hooks.ts'
import { Flag } from '../ui/parts.tsx'

/** Small pieces that the board, the page of a case and its card share. */

export function InstitutionName(props: { of: string }) {
  const known = useInstitutions().get(props.of)
  return (
    <span className="institution">
      <Flag country={known?.country ?? props.of.slice(0, 2).toUpperCase()} />
      <span>{known?.name ?? props.of}</span>
    </span>
  )
}

export function Parties(props: { row: Pick<CaseRow, 'requesting' | 'owner' | 'offered_to'> }) {
  const words = useWords()
  const { requesting, owner, offered_to } = props.row
  return (
    <span className="parties">
      <span className="visually-hidden">{words.cases.asks}: </span>
      <InstitutionName of={requesting} />
      <span className="parties-to">
        <ArrowRight aria-hidden="true" />
        <span className="visually-hidden">{words.cases.owner}: </span>
        <InstitutionName of={offered_to ?? owner} />
      </span>
    </span>
  )
}

export function StatusWord(props: { status: CaseStatus }) {
  const label = useLabel()
  return (
    <span className={`status status-${props.status}`} data-testid="case-status" data-status={props.status}>
      {label(caseStatuses[props.status])}
    </span>
  )
}

export function KindWord(props: { kind: CaseKind }) {
  return <>{useLabel()(caseKinds[props.kind].label)}</>
}

const priorityIcons = { high: ChevronsUp, medium: Equal, low: ChevronDown }

export function PriorityMark(props: { priority: Priority; short?: boolean }) {
  const words = useWords()
  const label = useLabel()
  const Icon = priorityIcons[props.priority]
  const word = label(priorities[props.priority])
  return (
    <span className={`priority priority-${props.priority}`} title={words.cases.priority(word)}>
      <Icon aria-hidden="true" />
      {props.short && <span className="visually-hidden">{words.cases.priority(word)}</span>}
      {props.short ? <span aria-hidden="true">{word}</span> : <span>{words.cases.priority(word)}</span>}
    </span>
  )
}

const flagIcons: Record<CaseFlag, typeof Clock> = {
  overdue: ClockAlert,
  almost_due: Clock,
  escalated: Siren,
  possible_duplicate: Copy,
}

export function FlagMarks(props: { flags: readonly CaseFlag[]; age?: Majority | undefined }) {
  const words = useWords()
  const young = props.age !== undefined && props.age !== 'adult'
  if (props.flags.length === 0 && !young) return null
  return (
    <span className="case-flags">
      {props.flags.map((flag) => {
        const Icon = flagIcons[flag]
        return (
          <span key={flag} className={`case-flag case-flag-${flag}`} data-testid="case-flag" data-flag={flag}>
            <Icon aria-hidden="true" />
            {words.cases.flags[flag]}
          </span>
        )
      })}
      {young && (
        <span className="case-flag" data-testid="case-age" data-age={props.age}>
          <Baby aria-hidden="true" />
          {props.age === 'child' ? words.cases.minor : words.caseForm.uncertain}
        </span>
      )}
    </span>
  )
}

/** "quedan 3 h", "vencido hace 2 días", and until what. */
export function DueText(props: { row: CaseRow; now: number; full?: boolean }) {
  const words = useWords()
  const language = useLanguage()
  const left = timeLeft(props.row, props.now)
  if (!left) return props.full ? <span className="due muted">{words.cases.due.none}</span> : null
  const said = (left.late ? words.cases.late : words.cases.left)[left.unit](left.n)
  return (
    <span
      className={`due ${left.late ? 'due-late' : ''}`}
      data-testid="case-due"
      title={moment(left.at, language)}
    >
      {left.late ? <ClockAlert aria-hidden="true" /> : <Clock aria-hidden="true" />}
      <span>
        {words.cases.due[left.what]}: <b>{said}</b>
        {props.full && <span className="muted"> · {moment(left.at, language)}</span>}
      </span>
    </span>
  )
}
