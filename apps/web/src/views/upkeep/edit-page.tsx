import { entryFaults } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import type { FieldGroup } from '@enlace/directory/upkeep'
import { fieldGroupOf } from '@enlace/directory/upkeep'
import { CheckCircle2, Plus, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { changeText, fieldName, recordName, valueText } from '../../viewmodel/upkeep/change-text.ts'
import { createEdit } from '../../viewmodel/upkeep/edit.ts'
import { addRow, rowOf, rowsOf } from '../../viewmodel/upkeep/entry-draft.ts'
import { formPlan, groupOrder, type RecordPlan } from '../../viewmodel/upkeep/form-plan.ts'
import type { EditModel, EditState } from '../../viewmodel/upkeep/types.ts'
import { failureText } from '../../words/format.ts'
import { FormGroup } from '../ui/choice.tsx'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, Problem } from '../ui/parts.tsx'
import { ChangeList } from './change-list.tsx'
import { Awaited, UpkeepPage } from './parts.tsx'
import { RecordForm } from './record-form.tsx'
import { useSigner } from './signer.ts'

/** An entry as a form: its own people edit it, others suggest. Nothing is sent before the person has seen what changes. */
export default function EditPage(props: { entryKey: string }) {
  const { session } = useShell()
  const signer = useSigner()
  const model = useModel(() => createEdit(session, props.entryKey, signer), [session, props.entryKey, signer])
  return model ? <Page model={model} entryKey={props.entryKey} /> : null
}

function Page({ model, entryKey }: { model: EditModel; entryKey: string }) {
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const { answer, loadFailure, step, entry, before } = state
  const name = answer?.institution.name ?? ''
  const title = answer
    ? answer.own
      ? words.upkeep.editTitle(name)
      : words.upkeep.suggestTitle(name)
    : words.loading
  if (!answer || !entry || !before)
    return (
      <UpkeepPage title={loadFailure ? words.directory.title : title} testId="upkeep-edit">
        <Awaited failure={loadFailure} onRetry={() => void model.load()} />
      </UpkeepPage>
    )
  if (!answer.may.propose)
    return (
      <UpkeepPage title={name} testId="upkeep-edit">
        <Problem>{answer.closed?.[language] ?? words.failure.refused}</Problem>
      </UpkeepPage>
    )
  return (
    <UpkeepPage title={title} testId="upkeep-edit">
      {step === 'sent' ? (
        <Sent state={state} entryKey={entryKey} />
      ) : step === 'changes' ? (
        <Changes model={model} state={state} before={before} />
      ) : (
        <Form model={model} state={state} entry={entry} before={before} />
      )}
    </UpkeepPage>
  )
}

function Form(props: { model: EditModel; state: EditState; entry: DirectoryEntry; before: DirectoryEntry }) {
  const { model, state, entry } = props
  const words = useWords()
  const changed = state.edits.length > 0
  return (
    <>
      <p className="muted">{state.answer?.own ? words.upkeep.editHint : words.upkeep.suggestHint}</p>
      {state.restored && (
        <p className="note" role="status" data-testid="draft-kept">
          {words.upkeep.draftKept}
        </p>
      )}
      <Conflicts {...props} />
      {groupOrder.map((group) => (
        <Group key={group} group={group} model={model} entry={entry} state={state} />
      ))}
      <Faults state={state} entry={entry} />
      {!changed && <p className="muted">{words.upkeep.noChanges}</p>}
      <div className="row-actions upkeep-bar">
        <button
          type="button"
          className="button primary"
          data-testid="upkeep-changes"
          disabled={!changed || state.faults.length > 0 || state.conflicts.length > 0}
          onClick={() => model.show('changes')}
        >
          {words.upkeep.seeChanges}
        </button>
        <button
          type="button"
          className="button small"
          data-testid="upkeep-undo"
          disabled={!state.mayUndo}
          onClick={model.undo}
        >
          <Undo2 aria-hidden="true" />
          {words.upkeep.undo}
        </button>
        {changed && (
          <button
            type="button"
            className="button quiet small"
            data-testid="upkeep-discard"
            onClick={model.discard}
          >
            {words.upkeep.discard}
          </button>
        )}
      </div>
    </>
  )
}

function Conflicts(props: { model: EditModel; state: EditState; before: DirectoryEntry }) {
  const { model, before } = props
  const { conflicts } = props.state
  const words = useWords()
  const language = useLanguage()
  if (conflicts.length === 0) return null
  return (
    <section className="conflicts" role="alert" data-testid="upkeep-conflicts">
      <h2>{words.upkeep.conflictTitle}</h2>
      <p>{words.upkeep.conflictHint}</p>
      {conflicts.map((edit, index) => {
        const id = edit.kind === 'set' ? edit.id : edit.row.id
        const row = rowOf(before, edit.table, id)
        const now =
          edit.kind === 'set'
            ? row && valueText(edit.table, edit.field, row[edit.field], words, language)
            : row && recordName(before, edit.table, row, words, language)
        const yours =
          edit.kind === 'set'
            ? `${fieldName(edit.table, edit.field, words)}: ${valueText(edit.table, edit.field, edit.to, words, language)}`
            : changeText(edit, before, words, language)
        return (
          <div key={`${index}-${id}`} className="conflict">
            <p>{words.upkeep.conflictNow(now ?? words.upkeep.empty)}</p>
            <p>{words.upkeep.conflictYours(yours)}</p>
            <div className="row-actions">
              <button
                type="button"
                className="button small"
                data-testid="conflict-mine"
                onClick={() => model.settle(edit, 'mine')}
              >
                {words.upkeep.keepMine}
              </button>
              <button
                type="button"
                className="button small"
                data-testid="conflict-theirs"
                onClick={() => model.settle(edit, 'theirs')}
              >
                {words.upkeep.keepTheirs}
              </button>
            </div>
          </div>
        )
      })}
    </section>
  )
}

function Group(props: { group: FieldGroup; model: EditModel; entry: DirectoryEntry; state: EditState }) {
  const { group, model, entry, state } = props
  const words = useWords()
  const changed = state.edits.filter((edit) => fieldGroupOf(edit.table) === group).length > 0
  const wrong = state.faults.some(({ table }) => table !== '' && fieldGroupOf(table) === group)
  // Whoever opened it keeps it open, also when what was changed in it is undone.
  const [open, setOpen] = useState(changed || wrong)
  const empty = formPlan[group].every(({ table }) => rowsOf(entry, table).length === 0)
  return (
    <details
      className="form-section upkeep-group"
      open={open || wrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid={`group-${group}`}
    >
      <summary>
        <h2>{words.upkeep.groups[group]}</h2>
      </summary>
      {empty && words.upkeep.nothing[group] && <p className="muted">{words.upkeep.nothing[group]}</p>}
      {formPlan[group].map((plan) => (
        <div key={plan.table} className="record-list">
          {rowsOf(entry, plan.table).map((row) => (
            <RecordForm
              key={row.id}
              plan={plan}
              row={row}
              entry={entry}
              model={model}
              faults={state.faults}
            />
          ))}
          <Add plan={plan} model={model} entry={entry} />
        </div>
      ))}
    </details>
  )
}

function Add(props: { plan: RecordPlan; model: EditModel; entry: DirectoryEntry }) {
  const { plan, model, entry } = props
  const words = useWords()
  const owner = (plan.owners ?? []).flatMap(({ key, table }) =>
    rowsOf(entry, table)
      .slice(0, 1)
      .map(({ id }) => ({ key, id })),
  )[0]
  if (!plan.owners) return null
  if (!owner) {
    const first = words.upkeep.needsFirst[plan.owners[0]!.table]
    // One sentence for all that waits for the same thing.
    return first && ['addresses', 'schedules', 'service_capacity'].includes(plan.table) ? (
      <p className="muted">{first}</p>
    ) : null
  }
  return (
    <button
      type="button"
      className="button small"
      data-testid={`add-${plan.table}`}
      onClick={() => model.change((now) => addRow(now, plan, owner).entry)}
    >
      <Plus aria-hidden="true" />
      {words.upkeep.add[plan.table]}
    </button>
  )
}

function Faults(props: { state: EditState; entry: DirectoryEntry }) {
  const words = useWords()
  const language = useLanguage()
  const { faults } = props.state
  if (faults.length === 0) return null
  return (
    <Problem>
      <p>{words.upkeep.faults}</p>
      <ul data-testid="upkeep-faults">
        {faults.map(({ table, id, field, fault }) => {
          const row = table === '' ? undefined : rowOf(props.entry, table, id)
          const what =
            table === ''
              ? field
              : `${recordName(props.entry, table, row, words, language)}, ${fieldName(table, field, words)}`
          return (
            <li key={`${id}-${field}-${fault}`}>
              {words.upkeep.faultAt(what, entryFaults[fault][language])}
            </li>
          )
        })}
      </ul>
    </Problem>
  )
}

function Changes(props: { model: EditModel; state: EditState; before: DirectoryEntry }) {
  const { model, state, before } = props
  const words = useWords()
  const language = useLanguage()
  const [confirm, setConfirm] = useState<readonly FieldGroup[]>([])
  const own = state.answer?.own === true
  const groups = groupOrder.filter((group) => state.edits.some((edit) => fieldGroupOf(edit.table) === group))
  const publish = own && state.mayPublish
  return (
    <>
      <h2>{words.upkeep.changesTitle}</h2>
      <ChangeList edits={state.edits} entry={before} testId="upkeep-change-list" />
      {publish ? (
        <FormGroup className="field mark-many" title={words.upkeep.alsoCorrect}>
          {groups.map((group) => (
            <label key={group} className="pick-line">
              <input
                type="checkbox"
                data-testid={`also-${group}`}
                checked={confirm.includes(group)}
                onChange={(event) =>
                  setConfirm((before_) =>
                    event.target.checked ? [...before_, group] : before_.filter((one) => one !== group),
                  )
                }
              />
              {words.upkeep.groups[group]}
            </label>
          ))}
        </FormGroup>
      ) : (
        <div className="field">
          <label htmlFor="upkeep-note">{words.upkeep.note}</label>
          <textarea
            id="upkeep-note"
            rows={2}
            maxLength={1000}
            data-testid="upkeep-note"
            value={state.note}
            placeholder={words.upkeep.noteHint}
            onChange={(event) => model.setNote(event.target.value)}
          />
        </div>
      )}
      {state.sendFailure && <Problem>{failureText(state.sendFailure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="upkeep-send"
          disabled={state.sending}
          onClick={() => void model.send({ publish, confirm })}
        >
          {state.sending
            ? words.cases.sheet.working
            : publish
              ? words.upkeep.publishNow
              : own
                ? words.upkeep.sendDraft
                : words.upkeep.sendSuggestion}
        </button>
        <button type="button" className="button" data-testid="upkeep-form" onClick={() => model.show('form')}>
          {words.upkeep.backToForm}
        </button>
      </div>
      {own && !publish && state.answer?.may.decide && <p className="muted">{words.upkeep.noKeyHere}</p>}
    </>
  )
}

function Sent(props: { state: EditState; entryKey: string }) {
  const { router } = useShell()
  const words = useWords()
  const { sent } = props.state
  const text = {
    draft: words.upkeep.sentDraft,
    suggestion: words.upkeep.sentSuggestion,
    published: words.upkeep.publishedNow,
    waiting: words.upkeep.publishing,
  }[sent ?? 'draft']
  return (
    <div role="status" data-testid="upkeep-sent" data-sent={sent}>
      <Blank icon={<CheckCircle2 />} title={text}>
        <button
          type="button"
          className="button primary"
          onClick={() => router.go({ page: 'directory-entry', key: props.entryKey }, { replace: true })}
        >
          {props.state.answer?.institution.name}
        </button>
        {sent === 'suggestion' && (
          <button
            type="button"
            className="button"
            data-testid="open-suggestions"
            onClick={() => router.go({ page: 'suggestions' })}
          >
            {words.upkeep.mine}
          </button>
        )}
      </Blank>
    </div>
  )
}
