import { finalStatuses } from '@enlace/coordination'
import { type HandOverItem, handOverMarks } from '@enlace/coordination/duty'
import { ClipboardCheck } from 'lucide-react'
import { useState } from 'react'
import type { DutyModel, DutyPage } from '../../viewmodel/duty/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const MAX_OFFERED = 40

/** Which cases the next one has to look at. Words about a case belong into the case, where they are encrypted. */
export function DutyHandOver(props: { model: DutyModel; page: DutyPage; nameOf(userId: string): string }) {
  const { model, page, nameOf } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const known = useStore(session.cases.known)
  const { busy, failure, run } = useTask()
  const [marks, setMarks] = useState<Readonly<Record<string, HandOverItem['mark']>>>({})
  const [sent, setSent] = useState(false)
  const [chosen, setChosen] = useState('')
  const position = chosen || page.book.positions[0]?.key
  if (position === undefined) return null
  const open = [...known.values()].filter((one) => !finalStatuses.has(one.status)).slice(0, MAX_OFFERED)
  const items = Object.entries(marks).map(([case_id, mark]): HandOverItem => ({ case_id, mark }))
  const positionName = (key: string) => {
    const found = page.book.positions.find((one) => one.key === key)
    return found ? label(found.name) : key
  }
  const set = (id: string, mark: HandOverItem['mark'] | undefined) => {
    setSent(false)
    setMarks(({ [id]: _, ...rest }) => (mark ? { ...rest, [id]: mark } : rest))
  }
  return (
    <section aria-labelledby="duty-hand-over-title" data-testid="duty-hand-over">
      <h3 id="duty-hand-over-title">{words.duty.handOver}</h3>
      <p className="muted">{words.duty.handOverHint}</p>
      <ul className="duty-list">
        {page.hand_overs.slice(0, 5).map((one) => (
          <li key={`${one.by}-${one.ts}`} className="duty-card">
            <span className="muted">
              {words.duty.handedOver(
                nameOf(one.by),
                positionName(one.position),
                dateTime(one.ts, language, words),
              )}
            </span>
            <ul className="duty-stretches">
              {one.items.map((item) => (
                <li key={item.case_id}>
                  <button
                    type="button"
                    className="button quiet small"
                    onClick={() => router.go({ page: 'case', caseId: item.case_id })}
                  >
                    {item.reference ?? words.duty.case}
                  </button>
                  {words.duty.mark[item.mark]}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {open.length === 0 ? (
        <p className="muted">{words.duty.noCases}</p>
      ) : (
        <>
          {page.book.positions.length > 1 && (
            <Select
              label={words.duty.position}
              quiet
              value={position}
              onChange={(value) => setChosen(value)}
              choices={page.book.positions.map((one) => ({ value: one.key, label: label(one.name) }))}
            />
          )}
          <ul className="duty-list">
            {open.map((one) => (
              <li key={one.id} className="duty-hand-over-case">
                <span>{one.reference}</span>
                <Select
                  label={`${words.duty.markLabel}: ${one.reference}`}
                  quiet
                  value={marks[one.id] ?? ''}
                  onChange={(value) =>
                    set(
                      one.id,
                      handOverMarks.find((mark) => mark === value),
                    )
                  }
                  choices={[
                    { value: '', label: '–' },
                    ...handOverMarks.map((mark) => ({ value: mark, label: words.duty.mark[mark] })),
                  ]}
                />
              </li>
            ))}
          </ul>
          {failure && <Problem>{failureText(failure, language, words)}</Problem>}
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="duty-hand-over-send"
              disabled={busy || items.length === 0}
              onClick={() =>
                void run(async () => {
                  await model.handOver(position, items)
                  setMarks({})
                  setSent(true)
                })
              }
            >
              <ClipboardCheck aria-hidden="true" />
              {words.duty.sendHandOver}
            </button>
          </div>
        </>
      )}
      <p role="status">{sent && words.duty.handOverSent}</p>
    </section>
  )
}
