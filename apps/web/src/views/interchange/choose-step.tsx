import { tableRefusals } from '@enlace/directory/lists'
import { FileUp } from 'lucide-react'
import { useRef, useState } from 'react'
import { saveTemplate } from '../../viewmodel/interchange/template.ts'
import type { ImportModel, ImportState } from '../../viewmodel/interchange/types.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

export function ChooseStep({ model, state }: { model: ImportModel; state: ImportState }) {
  const words = useWords()
  const language = useLanguage()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [over, setOver] = useState(false)
  const blocked = state.busy !== undefined
  const take = (file: File | undefined) => file && void model.openFile(file, file.name)
  return (
    <>
      <p>{words.interchange.intro}</p>
      {state.refusal && <Problem>{tableRefusals[state.refusal][language]}</Problem>}
      {/* Dropping is a convenience: the button does the same. */}
      <section
        className={`card drop-zone ${over ? 'over' : ''}`}
        aria-label={words.interchange.choose}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          take(event.dataTransfer.files[0])
        }}
      >
        <button
          type="button"
          className="button primary big"
          data-testid="import-choose"
          disabled={blocked}
          onClick={() => input.current?.click()}
        >
          <FileUp aria-hidden="true" />
          {words.interchange.choose}
        </button>
        <p className="muted">
          {words.interchange.formats} <span className="only-wide">{words.interchange.dropHere}</span>
        </p>
        <input
          ref={input}
          type="file"
          hidden
          data-testid="import-file"
          accept=".csv,.txt,.tsv,.xlsx,text/csv,text/tab-separated-values,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
          onChange={(event) => {
            take(event.target.files?.[0])
            event.target.value = ''
          }}
        />
      </section>
      <div className="field">
        <label htmlFor="import-text">{words.interchange.paste}</label>
        <textarea
          id="import-text"
          rows={4}
          data-testid="import-text"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid="import-paste"
          disabled={blocked || text.trim() === ''}
          onClick={() => void model.openText(text)}
        >
          {words.interchange.pasteUse}
        </button>
      </div>
      <p className="wizard-note">
        {words.interchange.templateHint}{' '}
        <button
          type="button"
          className="button quiet"
          data-testid="import-template"
          onClick={() => saveTemplate(language)}
        >
          {words.interchange.template}
        </button>
      </p>
    </>
  )
}
