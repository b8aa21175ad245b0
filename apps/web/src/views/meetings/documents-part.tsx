import type { MeetingState } from '@enlace/coordination/meetings'
import { useEffect, useState } from 'react'
import type { AttachmentBody } from '../../viewmodel/media/types.ts'
import { MAX_TITLE } from '../../viewmodel/meetings/meeting-documents.ts'
import { dateTime } from '../../words/format.ts'
import { Attachment } from '../timeline/attachment.tsx'
import { FilePicker } from '../ui/file-picker.tsx'
import { useInstitutionName, useLanguage, useWords } from '../ui/hooks.ts'
import { Part, type PartProps, useMeeting, WriteLine } from './part.tsx'

export function DocumentsPart(props: PartProps) {
  const { state } = props
  const words = useWords()
  const own = words.meetings
  const may = useMeeting(props)
  const [file, setFile] = useState<File | undefined>(undefined)
  const [wrong, setWrong] = useState(false)
  const [percent, setPercent] = useState<number | undefined>(undefined)

  async function attach(title: string): Promise<boolean> {
    setWrong(!file)
    if (!file || percent !== undefined) return false
    setPercent(0)
    const done = await may.attach(file, title, (part) => setPercent(Math.round(part * 100)))
    setPercent(undefined)
    if (done) setFile(undefined)
    return done
  }

  return (
    <Part
      title={own.documents}
      empty={state.documents.length === 0 && own.documentsEmpty}
      testId="meeting-documents"
    >
      <ul className="meeting-list">
        {state.documents.map((one) => (
          <MeetingDocument key={one.eventId} {...props} document={one} />
        ))}
      </ul>
      {may.takesPart && (
        <WriteLine
          label={own.documentTitle}
          button={own.attach}
          testId="document-new"
          max={MAX_TITLE}
          onWrite={attach}
        >
          <FilePicker
            file={file}
            testId="document-file"
            wrong={wrong}
            onChange={(chosen) => {
              setFile(chosen)
              setWrong(false)
            }}
          />
          {percent !== undefined && (
            <p className="muted" role="status">
              {words.cases.sheet.uploading(percent)}
            </p>
          )}
        </WriteLine>
      )}
      {may.problem}
    </Part>
  )
}

function MeetingDocument({
  model,
  state,
  document,
}: PartProps & { document: MeetingState['documents'][number] }) {
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const [body, setBody] = useState<AttachmentBody | 'asking' | 'missing'>('asking')
  const asking = body === 'asking'
  useEffect(() => {
    if (!asking) return
    let current = true
    void model.document(state, document.document).then((found) => current && setBody(found ?? 'missing'))
    return () => {
      current = false
    }
  }, [model, document.document, asking])
  return (
    <li data-testid="meeting-document">
      <span>
        {document.title}
        <small className="muted">
          {nameOf(document.by.institution)} · {dateTime(document.at, language, words)}
        </small>
        {typeof body === 'object' && <Attachment body={body} />}
        {body === 'missing' && <small className="muted">{own.documentMissing}</small>}
      </span>
      {body === 'missing' && (
        <button type="button" className="button" onClick={() => setBody('asking')}>
          {words.retry}
        </button>
      )}
    </li>
  )
}
