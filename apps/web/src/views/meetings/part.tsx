import type { MeetingRecord, MeetingState, MeetingStepDraft } from '@enlace/coordination/meetings'
import { type ChangeEvent, type ReactNode, useId, useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import { saveFile } from '../../lib/save-file.ts'
import type { MeetingsModel } from '../../viewmodel/meetings/meetings.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

export interface PartProps {
  model: MeetingsModel
  state: MeetingState
}

/** One part of a meeting under its title; says what it is for while nothing is in it. */
export function Part(props: { title: string; empty?: string | false; testId: string; children: ReactNode }) {
  const title = useId()
  return (
    <section className="card meeting-part" aria-labelledby={title} data-testid={props.testId}>
      <h3 id={title}>{props.title}</h3>
      {props.empty && <p className="muted">{props.empty}</p>}
      {props.children}
    </section>
  )
}

/** What this person may do in the meeting, and doing it: what fails says why. */
export function useMeeting({ model, state }: PartProps) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const by = session.cases.actor()
  const takesPart = by !== undefined && state.institutions.includes(by.institution)
  const leads = takesPart && by.role !== 'staff'
  async function told(work: Promise<Failure | undefined>): Promise<boolean> {
    const problem = await work
    setFailure(problem)
    return problem === undefined
  }
  return {
    own: by?.institution,
    takesPart,
    leads,
    convenes: leads && state.conveners.includes(by.institution),
    write: (record: MeetingRecord) => told(model.write(state, record)),
    step: (draft: MeetingStepDraft, record?: MeetingRecord) => told(model.step(state, draft, record)),
    sign: () => told(model.sign(state)),
    async save(): Promise<void> {
      const file = await model.save(state)
      if (file instanceof Blob) saveFile(file, 'acta-firmada.json')
      setFailure(file instanceof Blob ? undefined : file)
    },
    attach: (file: File, title: string, onProgress: (part: number) => void) =>
      told(model.attach(state, file, title, onProgress)),
    problem: failure && <Problem>{failureText(failure, language, words)}</Problem>,
  }
}

/** A line to write and a button: what most parts begin with. */
export function WriteLine(props: {
  label: string
  button: string
  testId: string
  max: number
  several?: boolean
  children?: ReactNode
  onWrite(text: string): Promise<boolean>
}) {
  const [text, setText] = useState('')
  const id = useId()
  const field = {
    id,
    'data-testid': props.testId,
    maxLength: props.max,
    autoComplete: 'off',
    value: text,
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => setText(event.target.value),
  }
  return (
    <form
      className="meeting-write"
      onSubmit={(event) => {
        event.preventDefault()
        const written = text.trim()
        if (written) void props.onWrite(written).then((done) => done && setText(''))
      }}
    >
      <label className="field" htmlFor={id}>
        <span>{props.label}</span>
        {props.several ? <textarea {...field} /> : <input {...field} />}
      </label>
      {props.children}
      <button type="submit" className="button" data-testid={`${props.testId}-add`} disabled={!text.trim()}>
        {props.button}
      </button>
    </form>
  )
}
