import { useEffect, useMemo, useState } from 'react'
import { type InviteOutcome, invite, type MadeInvitation } from '../../viewmodel/people/people-api.ts'
import { openStaffFiles } from '../../viewmodel/people/staff-file.ts'
import { inviteesOf, type StaffRow } from '../../viewmodel/people/staff-sheet.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { HoursField } from './invite-dialog.tsx'

const BATCH = 500
/** More rows than anybody looks at are counted only. */
const SHOWN = 200

/** Staff of a spreadsheet: every fault is shown before anybody is invited. */
export function ImportDialog(props: { onClose(): void; onMade(made: readonly MadeInvitation[]): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.people
  const desk = useMemo(openStaffFiles, [])
  useEffect(() => () => desk.close(), [desk])
  const [rows, setRows] = useState<readonly StaffRow[] | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [hours, setHours] = useState(168)
  const [done, setDone] = useState<number | undefined>(undefined)
  const [refused, setRefused] = useState<readonly InviteOutcome[]>([])
  const { busy, failure, run } = useTask()

  const read = (file: File) =>
    run(async () => {
      setProblem(undefined)
      setRows(undefined)
      const staff = await desk.read(await file.arrayBuffer())
      if ('problem' in staff)
        return setProblem(
          { refused: own.importRefused, too_many: own.importTooMany, no_columns: own.importNoColumns }[
            staff.problem
          ],
        )
      setRows(staff.rows)
    })
  const people = rows ? inviteesOf(rows) : []
  const bad = rows?.filter(({ faults }) => faults.length > 0) ?? []

  const go = () =>
    run(async () => {
      const made: MadeInvitation[] = []
      const others: InviteOutcome[] = []
      for (let from = 0; from < people.length; from += BATCH) {
        setDone(from)
        for (const one of await invite(session.request, people.slice(from, from + BATCH), hours))
          if (one.outcome === 'invited') made.push(one.invitation)
          else others.push(one)
      }
      setDone(undefined)
      setRefused(others)
      if (made.length > 0) props.onMade(made)
    })

  return (
    <Dialog title={own.importTitle} onClose={props.onClose} testId="import-dialog" wide>
      <p>{own.importHint}</p>
      <label className="field">
        <span>{own.importFile}</span>
        <input
          type="file"
          data-testid="import-file"
          accept=".csv,.tsv,.txt,.xlsx"
          onChange={(event) => {
            const [file] = event.target.files ?? []
            if (file) void read(file)
          }}
        />
      </label>
      {problem && <Problem>{problem}</Problem>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {rows && (
        <>
          <p data-testid="import-count">
            <b>{own.importRows(people.length, bad.length)}</b>
          </p>
          {bad.length > 0 && (
            <ul className="bullets" data-testid="import-faults">
              {bad.slice(0, SHOWN).map((one) => (
                <li key={one.row}>
                  {own.importRow(one.row)}
                  {one.name || one.localpart ? ` (${one.name || one.localpart})` : ''}:{' '}
                  {one.faults.map((fault) => own.importFaults[fault]).join(', ')}
                </li>
              ))}
            </ul>
          )}
          <ul className="plain-list import-people">
            {people.slice(0, SHOWN).map((one) => (
              <li key={one.localpart}>
                <b>{one.display_name ?? one.localpart}</b>{' '}
                <span className="muted">
                  {one.localpart} · {own.roles[one.role]}
                </span>
              </li>
            ))}
          </ul>
          <HoursField value={hours} onChange={setHours} />
        </>
      )}
      {refused.length > 0 && (
        <ul className="bullets">
          {refused.slice(0, SHOWN).map((one) => (
            <li key={one.localpart}>
              {one.localpart}: {one.outcome === 'invited' ? '' : own.outcomes[one.outcome]}
            </li>
          ))}
        </ul>
      )}
      {done !== undefined && <p role="status">{own.importProgress(done, people.length)}</p>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="import-go"
          disabled={busy || people.length === 0}
          onClick={() => void go()}
        >
          {own.importGo(people.length)}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.close}
        </button>
      </div>
    </Dialog>
  )
}
