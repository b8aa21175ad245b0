import { FileUp } from 'lucide-react'
import { useRef } from 'react'
import { useWords } from './hooks.ts'

/** A button that asks for one file, and says which it has. */
export function FilePicker(props: {
  file: File | undefined
  testId: string
  /** a file is missing, and it is said so */
  wrong: boolean
  onChange(file: File): void
}) {
  const { sheet } = useWords().cases
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className={`field ${props.wrong ? 'field-wrong' : ''}`}>
      <input
        ref={input}
        type="file"
        className="visually-hidden"
        data-testid={props.testId}
        // The button is what people reach, by whatever means.
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) props.onChange(file)
          // The same file may be chosen again after it was sent.
          event.target.value = ''
        }}
      />
      <button type="button" className="button" onClick={() => input.current?.click()}>
        <FileUp aria-hidden="true" />
        {props.file ? props.file.name : sheet.chooseFile}
      </button>
      {props.wrong && <span className="field-problem">{sheet.noFile}</span>}
    </div>
  )
}
