/** What a step of a case asks for, field by field. */
import {
  type CaseState,
  type CaseStep,
  deliveryCapacities,
  documentTypes,
  type GroupCounts,
  groupCountKeys,
  identityChecks,
  priorities,
  type Reason,
  reasons,
  type StepField,
} from '@enlace/coordination'
import type { ReactNode } from 'react'
import { documentTypeOf, reasonsFor, type StepFields } from '../../viewmodel/cases/case-steps.ts'
import { institutionChoices } from '../../viewmodel/cases/new-case.ts'
import { Select } from '../ui/choice.tsx'
import { FilePicker } from '../ui/file-picker.tsx'
import { useInstitutions, useLabel, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { LinkPicker } from './link-picker.tsx'

interface NeedProps {
  need: StepField
  step: CaseStep
  state: CaseState
  fields: StepFields
  wrong: boolean
  optional?: boolean
  onChange(fields: StepFields): void
}

export function Need(props: NeedProps) {
  const { need, step, state, fields, wrong, onChange } = props
  const words = useWords()
  const label = useLabel()
  const { sheet } = words.cases
  switch (need) {
    case 'reason':
      return (
        <>
          <Choice
            name={sheet.reason}
            testId="step-reason"
            value={fields.reason}
            wrong={wrong}
            options={reasonsFor(step).map((key) => [key, label(reasons[key])])}
            onChange={(value) => onChange({ reason: value as Reason | undefined })}
          />
          <p className="muted small-print">{sheet.reasonHint}</p>
        </>
      )
    case 'document':
      return (
        <>
          <Choice
            name={
              <>
                {sheet.documentType}
                {props.optional && <span className="muted"> ({words.cases.form.optional})</span>}
              </>
            }
            testId="step-document-type"
            value={fields.documentType}
            wrong={false}
            options={Object.entries(documentTypes).map(([key, text]) => [key, label(text)])}
            onChange={(value) => onChange({ documentType: documentTypeOf(value ?? 'other') })}
          />
          <FilePicker
            file={fields.file}
            testId="step-file"
            wrong={wrong}
            onChange={(file) => onChange({ file })}
          />
        </>
      )
    case 'delivered':
      return (
        <>
          <Choice
            name={sheet.deliveredTo}
            testId="step-delivered-to"
            value={fields.deliveredTo}
            wrong={wrong && !fields.deliveredTo}
            options={Object.entries(deliveryCapacities).map(([key, text]) => [key, label(text)])}
            onChange={(value) => onChange({ deliveredTo: value as StepFields['deliveredTo'] })}
          />
          <Choice
            name={sheet.identityCheck}
            testId="step-identity-check"
            value={fields.identityCheck}
            wrong={wrong && !fields.identityCheck}
            options={Object.entries(identityChecks).map(([key, text]) => [key, label(text)])}
            onChange={(value) => onChange({ identityCheck: value as StepFields['identityCheck'] })}
          />
        </>
      )
    case 'authority':
    case 'to':
      return <InstitutionChoice {...props} />
    case 'assignee':
      return <AssigneeChoice {...props} />
    case 'deadline':
      return (
        <label className={`field ${wrong ? 'field-wrong' : ''}`}>
          <span>{sheet.deadline}</span>
          <input
            type="datetime-local"
            data-testid="step-deadline"
            value={fields.deadline ?? ''}
            onChange={(event) => onChange({ deadline: event.target.value.slice(0, 16) })}
          />
          {wrong && <span className="field-problem">{sheet.deadlinePast}</span>}
        </label>
      )
    case 'priority':
      return (
        <Choice
          name={sheet.priority}
          testId="step-priority"
          value={fields.priority}
          wrong={wrong}
          options={Object.entries(priorities).map(([key, text]) => [key, label(text)])}
          onChange={(value) => onChange({ priority: value as StepFields['priority'] })}
        />
      )
    case 'link':
      return (
        <div className={wrong ? 'field-wrong' : ''}>
          {step === 'remove_link' ? (
            <Choice
              name={sheet.link}
              testId="step-link"
              value={fields.link?.event_id}
              wrong={wrong}
              options={state.links.map((link) => [link.event_id, link.reference])}
              onChange={(value) => onChange({ link: state.links.find((one) => one.event_id === value) })}
            />
          ) : fields.link ? (
            <p className="note">
              {sheet.rels[fields.link.rel]}: <b className="case-reference">{fields.link.reference}</b>{' '}
              <button type="button" className="button small" onClick={() => onChange({ link: undefined })}>
                {words.cases.form.choose}
              </button>
            </p>
          ) : (
            <LinkPicker
              except={state.id}
              rels={step === 'mark_duplicate' ? ['duplicate_of'] : ['waits_for', 'about']}
              onChoose={(link) => onChange({ link })}
            />
          )}
        </div>
      )
  }
}

function Choice(props: {
  name: ReactNode
  testId: string
  value: string | undefined
  wrong: boolean
  options: readonly (readonly [string, string])[]
  onChange(value: string | undefined): void
}) {
  const words = useWords()
  return (
    <Select
      label={props.name}
      testId={props.testId}
      wrong={props.wrong}
      value={props.value ?? ''}
      placeholder={words.cases.form.choose}
      choices={props.options.map(([value, label]) => ({ value, label }))}
      onChange={(value) => props.onChange(value || undefined)}
    />
  )
}

function InstitutionChoice(props: NeedProps) {
  const { need, step, state, fields, wrong, onChange } = props
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const directory = useInstitutions()
  const me = useStore(session.me)
  const own = me?.institution?.key
  const inChannel = institutionChoices(people.members(state.roomId), directory, state.kind, undefined)
  const choices =
    need === 'to'
      ? inChannel.filter((one) => one.key !== state.owner)
      : [...inChannel].sort((a, b) => Number(b.key === own) - Number(a.key === own))
  return (
    <Choice
      name={need === 'to' ? words.cases.sheet.to : words.cases.sheet.authority}
      testId={`step-${need}`}
      value={need === 'to' ? fields.to : fields.authority}
      wrong={wrong}
      options={choices.map((one) => [
        one.key,
        one.country ? `${one.name} (${words.countries[one.country] ?? one.country})` : one.name,
      ])}
      onChange={(value) => onChange(need === 'to' ? { to: value } : { authority: value })}
      key={step}
    />
  )
}

function AssigneeChoice(props: NeedProps) {
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const me = useStore(session.me)
  const own = me?.institution?.key
  const colleagues = people
    .members(props.state.roomId)
    .filter((one) => one.membership === 'join' && one.institution === own)
  return (
    <Choice
      name={words.cases.sheet.assignee}
      testId="step-assignee"
      value={props.fields.assignee}
      wrong={props.wrong}
      options={colleagues.map((one) => [one.userId, one.name])}
      onChange={(value) => props.onChange({ assignee: value })}
    />
  )
}

/** How many people were received; `announced`: by the form, where this device can read it. */
export function CountFields(
  props: Pick<NeedProps, 'fields' | 'wrong' | 'onChange'> & { announced: GroupCounts | undefined },
) {
  const words = useWords()
  const { announced } = props
  return (
    <fieldset className={`form-section counts ${props.wrong ? 'field-wrong' : ''}`}>
      <legend>{words.cases.page.counts}</legend>
      {!announced && <p className="muted">{words.cases.sheet.countsUnread}</p>}
      {groupCountKeys.map((key) => (
        <label key={key} className="field">
          <span>
            {words.cases.page[key]}
            {announced && (
              <span className="muted">
                {' '}
                · {words.cases.page.announced}: {announced[key]}
              </span>
            )}
          </span>
          <input
            type="number"
            inputMode="numeric"
            min={0}
            max={10_000}
            data-testid={`step-count-${key}`}
            value={props.fields.counts?.[key] ?? ''}
            onChange={(event) =>
              props.onChange({
                counts: {
                  ...props.fields.counts,
                  [key]: event.target.value === '' ? undefined : Number(event.target.value),
                },
              })
            }
          />
        </label>
      ))}
    </fieldset>
  )
}
