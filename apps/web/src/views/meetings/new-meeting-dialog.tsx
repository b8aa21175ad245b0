import { localDateTime, momentOf } from '@enlace/coordination'
import type { MeetingState } from '@enlace/coordination/meetings'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { MeetingsModel } from '../../viewmodel/meetings/meetings.ts'
import { failureText } from '../../words/format.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
import { useInstitutions, useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { TextField } from '../ui/text-field.tsx'
import { useChannelName } from '../ui/topics.tsx'

/** Convenes a meeting. `after`: the closed one whose date, place and institutions it begins with. */
export function NewMeetingDialog(props: {
  model: MeetingsModel
  after?: MeetingState
  onClose(id?: string): void
}) {
  const { model, after } = props
  const { channels, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const nameOf = useChannelName()
  const own = words.meetings
  const mine = session.cases.actor()?.institution
  const all = useStore(channels.state).corridors.flatMap((one) => one.channels)
  const usable = all.filter((one) => one.kind.kind === 'channel' && one.membership === 'join')
  const usual = usable.find((one) => one.topic === 'meetings') ?? usable[0]
  const institutions = [...useInstitutions().values()]
    .filter((one) => one.key !== mine)
    .sort((a, b) => a.name.localeCompare(b.name, 'es'))
  const countries = [...new Set(institutions.map((one) => one.country))].sort()
  const [roomId, setRoomId] = useState(after?.roomId ?? usual?.roomId ?? '')
  const [title, setTitle] = useState('')
  const [place, setPlace] = useState(after?.closed?.nextPlace ?? '')
  const [country, setCountry] = useState<'HN' | 'GT'>('GT')
  const [when, setWhen] = useState(after?.closed ? localDateTime(after.closed.nextAt) : '')
  const [chosen, setChosen] = useState<string[]>(after?.institutions.filter((one) => one !== mine) ?? [])
  const [problem, setProblem] = useState<Failure | 'missing' | undefined>(undefined)

  async function send() {
    const startsAt = momentOf(when)
    const whole = title.trim() && place.trim() && roomId && chosen.length > 0
    if (!whole || startsAt === undefined || startsAt < Date.now()) return setProblem('missing')
    const answer = await model.convene({
      roomId,
      title: title.trim(),
      place: place.trim(),
      country,
      startsAt,
      institutions: chosen,
      ...(after ? { follows: after } : {}),
    })
    if (typeof answer === 'string') props.onClose(answer)
    else setProblem(answer)
  }

  return (
    <Dialog title={own.convene} onClose={() => props.onClose()} testId="meeting-dialog">
      <form
        className="meeting-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <TextField label={own.name} testId="meeting-title" max={200} value={title} onChange={setTitle} />
        <TextField
          label={own.when}
          testId="meeting-when"
          type="datetime-local"
          value={when}
          onChange={setWhen}
        />
        <TextField label={own.place} testId="meeting-place" max={300} value={place} onChange={setPlace} />
        <Select
          label={words.measures.groups.country}
          value={country}
          onChange={(value) => setCountry(value as 'HN' | 'GT')}
          choices={(['GT', 'HN'] as const).map((one) => ({ value: one, label: words.countries[one] ?? one }))}
        />
        {!after && (
          <Select
            label={own.channel}
            testId="meeting-channel"
            value={roomId}
            onChange={setRoomId}
            choices={usable.map((one) => ({ value: one.roomId, label: nameOf(one) }))}
          />
        )}
        <FormGroup title={own.institutions} hint={own.institutionsHint}>
          {countries.map((country) => (
            <section key={country} className="meeting-country">
              <h3>{words.countries[country] ?? country}</h3>
              <div className="meeting-checks">
                {institutions
                  .filter((one) => one.country === country)
                  .map((one) => (
                    <label key={one.key} className="check" data-testid={`meeting-with-${one.key}`}>
                      <input
                        type="checkbox"
                        checked={chosen.includes(one.key)}
                        onChange={(event) =>
                          setChosen(
                            event.target.checked
                              ? [...chosen, one.key]
                              : chosen.filter((key) => key !== one.key),
                          )
                        }
                      />
                      <span>{one.name}</span>
                    </label>
                  ))}
              </div>
            </section>
          ))}
        </FormGroup>
        {problem && (
          <Problem>{problem === 'missing' ? own.missing : failureText(problem, language, words)}</Problem>
        )}
        <div className="row-actions end">
          <button type="submit" className="button primary" data-testid="meeting-send">
            {own.send}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
