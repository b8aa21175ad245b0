import { useState } from 'react'
import { useInstitutionName, useWords } from '../ui/hooks.ts'
import { Part, type PartProps, useMeeting, WriteLine } from './part.tsx'

export function AgendaPart(props: PartProps) {
  const { state } = props
  const words = useWords()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const may = useMeeting(props)
  const last = state.agenda.reduce((most, one) => Math.max(most, one.order), 0)
  return (
    <Part title={own.agenda} empty={state.agenda.length === 0 && own.agendaEmpty} testId="meeting-agenda">
      <ol className="meeting-list">
        {state.agenda.map((one) => (
          <li key={one.id} data-testid="agenda-item" data-status={one.status}>
            <span>
              {one.title}
              <small className="muted"> {nameOf(one.by.institution)}</small>
            </span>
            <span className="meeting-mark" data-answer={one.status === 'agreed' ? 'confirmed' : undefined}>
              {own.agendaStatus[one.status]}
            </span>
            {!state.closed && (may.convenes || one.by.institution === may.own) && (
              <span className="row-actions">
                {may.convenes && one.status !== 'agreed' && (
                  <button
                    type="button"
                    className="button"
                    data-testid="agenda-agree"
                    onClick={() =>
                      void may.write({
                        what: 'agenda',
                        item: one.id,
                        title: one.title,
                        order: one.order,
                        status: 'agreed',
                      })
                    }
                  >
                    {own.agree}
                  </button>
                )}
                {one.status !== 'withdrawn' && (
                  <button
                    type="button"
                    className="button"
                    onClick={() =>
                      void may.write({
                        what: 'agenda',
                        item: one.id,
                        title: one.title,
                        order: one.order,
                        status: 'withdrawn',
                      })
                    }
                  >
                    {own.withdraw}
                  </button>
                )}
              </span>
            )}
          </li>
        ))}
      </ol>
      {may.takesPart && !state.closed && (
        <WriteLine
          label={own.agendaNew}
          button={own.propose}
          testId="agenda-new"
          max={300}
          onWrite={(title) =>
            may.write({ what: 'agenda', title, order: Math.min(999, last + 1), status: 'proposed' })
          }
        />
      )}
      {may.problem}
    </Part>
  )
}

/** Who came: each institution says it of its own people, by position. */
export function AttendancePart(props: PartProps) {
  const { state } = props
  const words = useWords()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const may = useMeeting(props)
  const [remote, setRemote] = useState(false)
  const mine = (may.own && state.attendance.get(may.own)) || []
  return (
    <Part
      title={own.attendance}
      empty={state.attendance.size === 0 && own.attendanceEmpty}
      testId="meeting-attendance"
    >
      <ul className="meeting-list">
        {[...state.attendance].map(([key, people]) => (
          <li key={key} data-institution={key}>
            <span>{nameOf(key)}</span>
            <span>
              {people.map((one) => one.position + (one.remote ? ` (${own.remote})` : '')).join(', ')}
            </span>
          </li>
        ))}
      </ul>
      {may.takesPart && may.own && !state.closed && (
        <WriteLine
          label={own.position}
          button={own.note}
          testId="attendance-new"
          max={120}
          onWrite={(position) =>
            may.write({
              what: 'attendance',
              institution: may.own!,
              people: [...mine, { position, ...(remote ? { remote } : {}) }],
            })
          }
        >
          <label className="check">
            <input type="checkbox" checked={remote} onChange={(event) => setRemote(event.target.checked)} />
            <span>{own.remote}</span>
          </label>
        </WriteLine>
      )}
      {may.problem}
    </Part>
  )
}
