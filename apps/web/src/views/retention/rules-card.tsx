import { MIN_DAYS, type RetentionSubject } from '@enlace/coordination'
import { useState } from 'react'
import type {
  RetentionModel,
  RetentionOverview,
  RetentionPreview,
} from '../../viewmodel/retention/retention.ts'
import { failureText, moment } from '../../words/format.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
import { useInstitutionName, useLabel, useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** Each kind with its period and the reason; a coordinator may shorten it after seeing what that deletes. */
export function RulesCard({ model, overview }: { model: RetentionModel; overview: RetentionOverview }) {
  const words = useWords()
  const label = useLabel()
  const nameOf = useInstitutionName()
  const own = words.retention
  return (
    <section className="card" data-testid="retention-rules">
      <h2>{own.rules}</h2>
      {overview.defaults.map(({ subject, label: name, days, why }) => (
        <details key={subject} className="retention-rule" data-testid={`rule-${subject}`}>
          <summary>
            <b>{label(name)}</b> <span className="muted">{own.days(days)}</span>
          </summary>
          <p>
            {own.days(days)} {subject === 'messages' ? own.fromSent : own.fromEnd}. {label(why)}
          </p>
          {overview.channels.flatMap(({ room_id, rules }) =>
            rules.flatMap(({ institution, shorter, law }) => [
              ...(shorter[subject] === undefined
                ? []
                : [
                    <p key={`${room_id}${institution}`} className="note">
                      {model.channelName(room_id)}: {own.shorter(nameOf(institution), shorter[subject])}
                    </p>,
                  ]),
              ...law
                .filter((one) => one.subject === subject)
                .map((one) => (
                  <p key={`${room_id}${institution}${one.basis}`} className="note">
                    {model.channelName(room_id)}: {own.law(nameOf(institution), one.days, one.basis)}
                  </p>
                )),
            ]),
          )}
          {overview.institution && overview.channels.length > 0 && (
            <Shorten model={model} overview={overview} subject={subject} most={days} />
          )}
        </details>
      ))}
    </section>
  )
}

function Shorten(props: {
  model: RetentionModel
  overview: RetentionOverview
  subject: RetentionSubject
  most: number
}) {
  const { model, overview, subject, most } = props
  const words = useWords()
  const language = useLanguage()
  const own = words.retention
  const [roomId, setRoomId] = useState(overview.channels[0]!.room_id)
  const [days, setDays] = useState(String(Math.max(MIN_DAYS, Math.round(most / 2))))
  const [preview, setPreview] = useState<RetentionPreview | undefined>(undefined)
  const { busy, failure, run } = useTask()
  const count = Number(days)
  const valid = Number.isInteger(count) && count >= MIN_DAYS && count <= most
  return (
    <FormGroup className="retention-shorten" title={own.shorten}>
      <p className="muted">{own.shortenHint}</p>
      <Select
        label={own.channel}
        value={roomId}
        onChange={(value) => {
          setRoomId(value)
          setPreview(undefined)
        }}
        choices={overview.channels.map(({ room_id }) => ({
          value: room_id,
          label: model.channelName(room_id),
        }))}
      />
      <label>
        {own.newDays}
        <input
          type="number"
          min={MIN_DAYS}
          max={most}
          value={days}
          data-testid={`days-${subject}`}
          onChange={(event) => {
            setDays(event.target.value)
            setPreview(undefined)
          }}
        />
      </label>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {preview && (
        <p className="note" role="status" data-testid={`preview-${subject}`}>
          {own.preview(preview.cases, preview.at_once, preview.messages)}
          {preview.first_ts !== undefined && ` ${own.first(moment(preview.first_ts, language))}`}
        </p>
      )}
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid={`see-${subject}`}
          disabled={busy || !valid}
          onClick={() => void run(async () => setPreview(await model.preview(roomId, subject, count)))}
        >
          {own.see}
        </button>
        {preview && (
          <button
            type="button"
            className="button primary"
            data-testid={`apply-${subject}`}
            disabled={busy || !valid}
            onClick={() =>
              void run(async () => {
                await model.shorten(roomId, subject, count)
                setPreview(undefined)
              })
            }
          >
            {own.apply}
          </button>
        )}
      </div>
    </FormGroup>
  )
}
