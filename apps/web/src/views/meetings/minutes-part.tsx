import { basesOf, type Paragraph } from '@enlace/coordination/meetings'
import { useState } from 'react'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useWords } from '../ui/hooks.ts'
import { Part, type PartProps, useMeeting, WriteLine } from './part.tsx'

/** Paragraphs under the item they belong to. What two wrote at once stands beside what counts until somebody has seen both. */
export function MinutesPart(props: PartProps) {
  const { state } = props
  const words = useWords()
  const own = words.meetings
  const may = useMeeting(props)
  const [item, setItem] = useState('')
  const agenda = state.agenda.filter((one) => one.status !== 'withdrawn')
  const groups = [
    ...agenda.map((one) => ({ id: one.id, title: one.title })),
    { id: '', title: agenda.length > 0 ? own.noItem : '' },
  ].map((group) => ({
    ...group,
    paragraphs: state.paragraphs.filter(
      (one) => (agenda.some(({ id }) => id === one.item) ? one.item : '') === group.id,
    ),
  }))
  return (
    <Part
      title={own.minutes}
      empty={state.paragraphs.length === 0 && own.minutesEmpty}
      testId="meeting-minutes"
    >
      {groups
        .filter((group) => group.paragraphs.length > 0)
        .map((group) => (
          <div key={group.id} className="meeting-group">
            {group.title && <h4>{group.title}</h4>}
            {group.paragraphs.map((one) => (
              <MinutesParagraph key={one.id} {...props} paragraph={one} />
            ))}
          </div>
        ))}
      {may.takesPart && (
        <WriteLine
          label={own.paragraph}
          button={own.add}
          testId="paragraph-new"
          max={8_000}
          several
          onWrite={(text) => may.write({ what: 'paragraph', text, ...(item ? { item } : {}) })}
        >
          {agenda.length > 0 && (
            <Select
              label={own.about}
              testId="paragraph-item"
              value={item}
              onChange={setItem}
              choices={[
                { value: '', label: own.noItem },
                ...agenda.map((one) => ({ value: one.id, label: one.title })),
              ]}
            />
          )}
        </WriteLine>
      )}
      {may.problem}
    </Part>
  )
}

function MinutesParagraph(props: PartProps & { paragraph: Paragraph }) {
  const { paragraph } = props
  const words = useWords()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const may = useMeeting(props)
  const [text, setText] = useState<string | undefined>(undefined)
  async function save() {
    // What was on the page while it was written is what the writer had seen.
    const done = await may.write({
      what: 'paragraph',
      paragraph: paragraph.id,
      bases: basesOf(paragraph),
      text: (text ?? '').trim(),
    })
    if (done) setText(undefined)
  }
  if (text !== undefined)
    return (
      <div className="meeting-paragraph">
        <label className="field">
          <span className="visually-hidden">{own.edit}</span>
          <textarea
            data-testid="paragraph-text"
            maxLength={8_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="row-actions">
          <button
            type="button"
            className="button primary"
            data-testid="paragraph-save"
            onClick={() => void save()}
          >
            {own.save}
          </button>
          <button type="button" className="button" onClick={() => setText(undefined)}>
            {own.cancel}
          </button>
        </div>
        {may.problem}
      </div>
    )
  return (
    <div className="meeting-paragraph" data-testid="paragraph">
      <p className="meeting-text">
        {paragraph.text || <span className="muted">{own.struck}</span>}{' '}
        <small className="muted">{nameOf(paragraph.versions.at(-1)!.by.institution)}</small>
      </p>
      {paragraph.apart.length > 0 && (
        <div className="note" data-testid="paragraph-apart">
          <p>{own.apart}</p>
          {paragraph.apart.map((one) => (
            <blockquote key={one.eventId}>
              {one.text} <small>{nameOf(one.by.institution)}</small>
            </blockquote>
          ))}
          <p>{own.apartHint}</p>
        </div>
      )}
      {may.takesPart && (
        <button
          type="button"
          className="button"
          data-testid="paragraph-edit"
          onClick={() => setText(paragraph.text)}
        >
          {own.edit}
        </button>
      )}
    </div>
  )
}
