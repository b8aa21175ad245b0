import { type ColumnKey, cellFaults, columnLabel } from '@enlace/directory/lists'
import { useRef, useState } from 'react'
import type { CellFault, ImportModel, ImportState } from '../../viewmodel/interchange/types.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useWords } from '../ui/hooks.ts'

const pageSize = 50

const faultKey = ({ row, column, code }: CellFault) => `${row}-${column ?? ''}-${code}`

export function FaultsStep({ model, state }: { model: ImportModel; state: ImportState }) {
  const words = useWords()
  const language = useLanguage()
  const [column, setColumn] = useState<ColumnKey | ''>('')
  const [limit, setLimit] = useState(pageSize)
  const list = useRef<HTMLUListElement>(null)
  const { plan, busy, leftOut } = state
  if (!plan) return null
  const counts = new Map<ColumnKey, number>()
  for (const fault of plan.faults)
    if (fault.column) counts.set(fault.column, (counts.get(fault.column) ?? 0) + 1)
  const faults = plan.faults.filter((fault) => column === '' || fault.column === column)
  const suggested = faults.flatMap(({ row, column: of, suggestion }) =>
    suggestion !== undefined && of ? [{ row, column: of, text: suggestion }] : [],
  )
  const faultyRows = [...new Set(plan.faults.map(({ row }) => row))]
  const working = busy !== undefined

  function jump(by: 1 | -1): void {
    const inputs = [...(list.current?.querySelectorAll<HTMLInputElement>('[data-fault-input]') ?? [])]
    const at = inputs.indexOf(document.activeElement as HTMLInputElement)
    const next = inputs[at < 0 ? (by > 0 ? 0 : inputs.length - 1) : (at + by + inputs.length) % inputs.length]
    next?.focus()
    next?.scrollIntoView({ block: 'center' })
  }

  return (
    <>
      <p data-testid="import-fault-count">
        <strong>
          {plan.faults.length === 0
            ? words.interchange.noFaults
            : words.interchange.faultsCount(plan.faults.length, faultyRows.length)}
        </strong>
        <br />
        {words.interchange.goodRows(plan.good, plan.rows)}
      </p>
      {leftOut.length > 0 && (
        <p data-testid="import-left-out">
          {words.interchange.leftOutRows(leftOut.length)}{' '}
          <button
            type="button"
            className="button small"
            disabled={working}
            onClick={() => void model.leaveOut(leftOut, false)}
          >
            {words.interchange.bringBack}
          </button>
        </p>
      )}
      {plan.faults.length > 0 && (
        <div className="fault-tools">
          <Select
            label={words.interchange.filterColumn}
            testId="import-fault-filter"
            value={column}
            onChange={(value) => {
              setColumn(value as ColumnKey | '')
              setLimit(pageSize)
            }}
            choices={[
              { value: '', label: words.interchange.filterAll(plan.faults.length) },
              ...[...counts].map(([key, count]) => ({
                value: key,
                label: words.interchange.filterOne(columnLabel(key)[language], count),
              })),
            ]}
          />
          <div className="row-actions">
            <button
              type="button"
              className="button small"
              data-testid="fault-previous"
              onClick={() => jump(-1)}
            >
              {words.interchange.previousFault}
            </button>
            <button type="button" className="button small" data-testid="fault-next" onClick={() => jump(1)}>
              {words.interchange.nextFault}
            </button>
            {suggested.length > 0 && (
              <button
                type="button"
                className="button small"
                data-testid="fault-use-all"
                disabled={working}
                onClick={() => void model.correctAll(suggested)}
              >
                {words.interchange.useAll(suggested.length)}
              </button>
            )}
            <button
              type="button"
              className="button small"
              data-testid="fault-leave-all"
              disabled={working}
              onClick={() => void model.leaveOut(faultyRows, true)}
            >
              {words.interchange.leaveOutAll}
            </button>
          </div>
        </div>
      )}
      <ul ref={list} className="plain-list wizard-list" data-testid="import-faults">
        {faults.slice(0, limit).map((fault) => (
          <Fault key={faultKey(fault)} fault={fault} model={model} working={working} />
        ))}
      </ul>
      {faults.length > limit && (
        <p>
          {words.interchange.shownOf(limit, faults.length)}{' '}
          <button
            type="button"
            className="button small"
            data-testid="fault-more"
            onClick={() => setLimit(limit + pageSize)}
          >
            {words.interchange.more}
          </button>
        </p>
      )}
      {plan.faults.length > 0 && <p className="muted">{words.interchange.firstCorrect}</p>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="import-to-preview"
          disabled={plan.faults.length > 0 || working}
          onClick={() => model.show('preview')}
        >
          {words.interchange.toPreview}
        </button>
        <button
          type="button"
          className="button"
          data-testid="import-to-columns"
          onClick={() => model.show('columns')}
        >
          {words.interchange.backToColumns}
        </button>
      </div>
    </>
  )
}

function Fault({ fault, model, working }: { fault: CellFault; model: ImportModel; working: boolean }) {
  const words = useWords()
  const language = useLanguage()
  const [text, setText] = useState(fault.found)
  const { row, column, letters, code, found, suggestion, detail } = fault
  const name = column ? columnLabel(column)[language] : ''
  const where = letters
    ? words.interchange.rowColumn(row, letters, name)
    : words.interchange.rowOnly(row, name)
  const apply = (value: string) => column && void model.correct(row, column, value)
  return (
    <li
      className="card fault"
      data-testid="import-fault"
      data-row={row}
      data-column={column ?? ''}
      data-code={code}
    >
      <h4>{where}</h4>
      <p>
        <span className="muted">{words.interchange.found}: </span>
        <q className="fault-found">{found === '' ? words.interchange.empty : found.slice(0, 200)}</q>
      </p>
      <p>
        {cellFaults[code][language]}
        {detail &&
          ` ${/^\d+$/.test(detail) ? words.interchange.seeRow(detail) : words.interchange.mayBe(detail)}`}
      </p>
      {column && (
        <form
          className="fault-fix"
          onSubmit={(event) => {
            event.preventDefault()
            apply(text)
          }}
        >
          <input
            data-fault-input
            data-testid="fault-input"
            aria-label={words.interchange.correction(where)}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <button
            type="submit"
            className="button small"
            data-testid="fault-apply"
            disabled={working || text === found}
          >
            {words.interchange.apply}
          </button>
        </form>
      )}
      <div className="row-actions">
        {suggestion !== undefined && column && (
          <button
            type="button"
            className="button small"
            data-testid="fault-suggestion"
            disabled={working}
            onClick={() => apply(suggestion)}
          >
            {words.interchange.useSuggestion(suggestion.slice(0, 80))}
          </button>
        )}
        <button
          type="button"
          className="button small"
          data-testid="fault-leave"
          disabled={working}
          onClick={() => void model.leaveOut([row], true)}
        >
          {words.interchange.leaveOut}
        </button>
      </div>
    </li>
  )
}
