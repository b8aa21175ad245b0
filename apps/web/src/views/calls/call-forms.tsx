import { type SnoozeReason, snoozeReasons } from '@enlace/coordination'
import { useState } from 'react'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** What a call asks before it waits or goes to somebody else: loaded when it is asked. */

const SNOOZE_MINUTES = [15, 60, 240, 1_440]

export function SnoozeForm(props: { busy: boolean; onSubmit(minutes: number, reason: SnoozeReason): void }) {
  const words = useWords()
  const language = useLanguage()
  const [minutes, setMinutes] = useState(60)
  const [reason, setReason] = useState<SnoozeReason | ''>('')
  const [missing, setMissing] = useState(false)
  return (
    <form
      className="inline-form"
      onSubmit={(event) => {
        event.preventDefault()
        setMissing(reason === '')
        if (reason) props.onSubmit(minutes, reason)
      }}
    >
      <Select
        label={words.calls.snooze.title}
        testId="snooze-minutes"
        value={String(minutes)}
        onChange={(value) => setMinutes(Number(value))}
        choices={SNOOZE_MINUTES.map((one) => ({
          value: String(one),
          label: words.calls.snooze.minutes(one),
        }))}
      />
      <Select
        label={words.calls.snooze.reason}
        testId="snooze-reason"
        value={reason}
        onChange={(value) => {
          setReason(value as SnoozeReason)
          setMissing(false)
        }}
        wrong={missing}
        placeholder={words.calls.pickReason}
        choices={Object.entries(snoozeReasons).map(([key, label]) => ({
          value: key,
          label: label[language],
        }))}
      />
      {missing && <Problem>{words.calls.pickReason}</Problem>}
      <button type="submit" className="button primary" disabled={props.busy} data-testid="snooze-confirm">
        {words.calls.snooze.confirm}
      </button>
    </form>
  )
}

export function HandOverForm(props: {
  busy: boolean
  people: readonly { userId: string; name: string; institutionName?: string }[]
  onSubmit(to: string): void
}) {
  const words = useWords()
  const [to, setTo] = useState('')
  const [missing, setMissing] = useState(false)
  return (
    <form
      className="inline-form"
      onSubmit={(event) => {
        event.preventDefault()
        setMissing(to === '')
        if (to) props.onSubmit(to)
      }}
    >
      <Select
        label={words.calls.handOver.title}
        testId="hand-over-to"
        value={to}
        onChange={(value) => {
          setTo(value)
          setMissing(false)
        }}
        wrong={missing}
        choices={props.people.map((person) => ({
          value: person.userId,
          label: person.institutionName ? `${person.name} · ${person.institutionName}` : person.name,
        }))}
      />
      {missing && <Problem>{words.calls.handOver.pick}</Problem>}
      <p className="muted">{words.calls.handOver.hint}</p>
      <button type="submit" className="button primary" disabled={props.busy} data-testid="hand-over-confirm">
        {words.calls.handOver.confirm}
      </button>
    </form>
  )
}
