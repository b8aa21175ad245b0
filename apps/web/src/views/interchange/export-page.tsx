import '../../styles/interchange/interchange.css'
import { ArrowLeft, Download, Printer } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { type ExportKind, exportDirectory } from '../../viewmodel/interchange/export.ts'
import { pocketFormats } from '../../viewmodel/interchange/pocket-pdf.ts'
import { failureText } from '../../words/format.ts'
import { FormGroup, RadioCards, Select } from '../ui/choice.tsx'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { pocketWords } from './pocket-words.ts'

/** The directory as files: to print, for a spreadsheet, for a telephone, for other systems. */
export default function ExportPage() {
  const { router, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { phase, copy } = useStore(session.directory.state)
  const [onlyPublic, setOnlyPublic] = useState(false)
  const [country, setCountry] = useState('')
  const [done, setDone] = useState<ExportKind | undefined>(undefined)
  const { busy, failure, run } = useTask()
  useEffect(() => void session.directory.refresh(), [session])
  const isPublic = onlyPublic || copy?.view === 'public'

  function make(kind: ExportKind): void {
    setDone(undefined)
    void run(async () => {
      await exportDirectory(session, {
        kind,
        language,
        onlyPublic,
        ...(country ? { country } : {}),
        words: pocketWords(words, language, isPublic, Date.now()),
      })
      setDone(kind)
    })
  }

  const button = (kind: ExportKind, label: string, icon: ReactNode = <Download aria-hidden="true" />) => (
    <button
      key={kind}
      type="button"
      className="button"
      data-testid={`export-${kind}`}
      disabled={busy}
      onClick={() => make(kind)}
    >
      {icon}
      {label}
    </button>
  )

  return (
    <section className="page interchange" data-testid="export-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.interchange.exportTitle}</h2>
      </header>
      <div className="page-scroll case-scroll">
        {phase === 'opening' && <Spinner label={words.loading} />}
        {(phase === 'none' || phase === 'absent') && (
          <Blank icon={<Download />} title={words.interchange.noDirectory} />
        )}
        {phase === 'ready' && (
          <>
            <p className="muted">{words.interchange.exportIntro}</p>
            <FormGroup className="card export-what" title={words.interchange.what}>
              {copy?.view === 'network' ? (
                <RadioCards
                  label={words.interchange.what}
                  quiet
                  hint={words.interchange.whatHint}
                  value={onlyPublic ? 'public' : 'network'}
                  onChange={(value) => setOnlyPublic(value === 'public')}
                  choiceTestId={(value) => `export-${value}`}
                  choices={[
                    { value: 'network', label: words.interchange.whatNetwork },
                    { value: 'public', label: words.interchange.whatPublic },
                  ]}
                />
              ) : (
                <p>{words.interchange.whatPublic}</p>
              )}
              <Select
                label={words.interchange.country}
                testId="export-country"
                value={country}
                onChange={(value) => setCountry(value)}
                choices={[
                  { value: '', label: words.interchange.bothCountries },
                  ...['GT', 'HN'].map((code) => ({ value: code, label: words.countries[code] ?? code })),
                ]}
              />
            </FormGroup>
            <Group title={words.interchange.print} hint={words.interchange.printHint}>
              {pocketFormats.map((format) =>
                button(format, words.interchange.sizes[format], <Printer aria-hidden="true" />),
              )}
            </Group>
            <Group title={words.interchange.tables} hint={words.interchange.tablesHint}>
              {button('xlsx', words.interchange.xlsx)}
              {button('csv', words.interchange.csv)}
              {button('csv-comma', words.interchange.csvComma)}
            </Group>
            <Group title={words.interchange.phones} hint={words.interchange.phonesHint}>
              {button('vcard', words.interchange.vcard)}
              {button('vcard3', words.interchange.vcard3)}
            </Group>
            <Group title={words.interchange.machines}>
              {button('hsds', words.interchange.hsds)}
              {button('package', words.interchange.package)}
            </Group>
            {failure && <Problem>{failureText(failure, language, words)}</Problem>}
            <p role="status" className="export-status" data-testid="export-status" data-done={done ?? ''}>
              {busy ? words.interchange.making : done ? words.interchange.made : ''}
            </p>
          </>
        )}
      </div>
    </section>
  )
}

function Group(props: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="card">
      <h3>{props.title}</h3>
      {props.hint && <p className="muted">{props.hint}</p>}
      <div className="row-actions">{props.children}</div>
    </section>
  )
}
