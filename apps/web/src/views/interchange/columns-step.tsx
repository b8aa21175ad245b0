import {
  type ColumnKey,
  columnKeys,
  columnLabel,
  columnLetters,
  missingColumns,
  unmapped,
} from '@enlace/directory/lists'
import type { ImportModel, ImportState } from '../../viewmodel/interchange/types.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const rowsTried = 40
const samples = 3

export function ColumnsStep({ model, state }: { model: ImportModel; state: ImportState }) {
  const words = useWords()
  const language = useLanguage()
  const { sheets, sheet, mapping, own, blankClears, fileName, busy } = state
  const table = sheets[sheet]
  if (!table) return null
  const names = table.rows[mapping.headerRow] ?? []
  const data = table.rows.slice(mapping.headerRow + 1)
  const width = Math.max(names.length, ...data.slice(0, rowsTried).map((row) => row.length))
  const columnAt = new Map(Object.entries(mapping.columns).map(([key, at]) => [at, key as ColumnKey]))
  const left = unmapped(table, mapping)
  const missing = missingColumns(mapping, own !== undefined)
  const choices = columnKeys
    .map((key) => ({ key, label: columnLabel(key)[language] }))
    .filter(({ key }) => key !== 'verified')
    .sort((a, b) => a.label.localeCompare(b.label, language))
  return (
    <>
      <p className="muted">{fileName ? words.interchange.fileIs(fileName) : words.interchange.pasted}</p>
      <div className="wizard-fields">
        {sheets.length > 1 && (
          <Select
            label={words.interchange.sheet}
            testId="import-sheet"
            value={String(sheet)}
            onChange={(value) => model.chooseSheet(Number(value))}
            choices={sheets.map((each, at) => ({
              value: String(at),
              label: words.interchange.sheetRows(each.name, each.rows.length),
            }))}
          />
        )}
        <Select
          label={words.interchange.headerRow}
          testId="import-header-row"
          value={String(mapping.headerRow)}
          onChange={(value) => model.setHeaderRow(Number(value))}
          choices={table.rows.slice(0, rowsTried).map((row, at) => ({
            value: String(at),
            label: `${at + 1}: ${row
              .filter((cell) => cell.trim() !== '')
              .slice(0, 3)
              .join(', ')
              .slice(0, 60)}`,
          }))}
        />
      </div>
      <h3>{words.interchange.columnsTitle}</h3>
      <p className="muted">{words.interchange.columnsHint}</p>
      <ul className="plain-list column-list" data-testid="import-columns">
        {Array.from({ length: width }, (_, at) => {
          const heading = names[at]?.trim() || words.interchange.noHeading(columnLetters(at))
          const examples = data
            .map((row) => row[at]?.trim() ?? '')
            .filter((cell) => cell !== '')
            .slice(0, samples)
          const mapped = columnAt.get(at)
          return (
            <li key={columnLetters(at)} className={`column-line ${mapped ? '' : 'column-left'}`}>
              <div>
                <strong>{heading}</strong>
                <span className="muted column-samples">{examples.join(' · ').slice(0, 120)}</span>
              </div>
              <Select
                label={words.interchange.meansOf(heading)}
                quiet
                testId={`import-column-${columnLetters(at)}`}
                value={mapped ?? ''}
                onChange={(value) => model.mapColumn(at, (value || undefined) as ColumnKey | undefined)}
                choices={[
                  { value: '', label: words.interchange.notImported },
                  ...choices.map(({ key, label }) => ({ value: key, label: label })),
                ]}
              />
            </li>
          )
        })}
      </ul>
      <p data-testid="import-unmapped">
        {left.length > 0
          ? words.interchange.notImportedList(left.map(({ heading }) => heading).join(', '))
          : words.interchange.allImported}
      </p>
      {own && <p className="muted">{words.interchange.ownRows(own.name)}</p>}
      <label className="pick-line">
        <input
          type="checkbox"
          data-testid="import-blank-clears"
          checked={blankClears}
          onChange={(event) => model.setBlankClears(event.target.checked)}
        />
        <span>
          {words.interchange.blankClears}
          <small className="muted"> {words.interchange.blankClearsHint}</small>
        </span>
      </label>
      {missing.length > 0 && (
        <Problem>
          {missing.includes('service') ? words.interchange.needsService : words.interchange.needsInstitution}
        </Problem>
      )}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="import-check"
          disabled={missing.length > 0 || busy !== undefined}
          onClick={() => void model.check()}
        >
          {words.interchange.check}
        </button>
        <button type="button" className="button" data-testid="import-discard" onClick={model.discard}>
          {words.interchange.startOver}
        </button>
      </div>
    </>
  )
}
