import { anything, type FoundRow } from '@enlace/directory/finder'
import { ArrowLeft, BookUser, SendHorizontal } from 'lucide-react'
import { useEffect, useState } from 'react'
import { cardContent, cardOf, cardText } from '../../viewmodel/timeline/contact-card.ts'
import type { CardBody, ComposerModel } from '../../viewmodel/timeline/types.ts'
import { failureText } from '../../words/format.ts'
import { useRowTitle } from '../directory/parts.tsx'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Flag, Problem, Spinner } from '../ui/parts.tsx'
import { useHoursText } from './hours-text.ts'

const SHOWN = 8

/** Found as the directory's page finds; what is sent is shown before it goes. */
export default function ContactPicker(props: { model: ComposerModel; onClose(): void; onSent(): void }) {
  const { session } = useShell()
  const { directory } = session
  const words = useWords()
  const language = useLanguage()
  const said = words.share
  const title = useRowTitle()
  const hoursText = useHoursText()
  const state = useStore(directory.state)
  const [text, setText] = useState('')
  const [rows, setRows] = useState<FoundRow[] | undefined>(undefined)
  const [card, setCard] = useState<CardBody | undefined>(undefined)
  const { busy, failure, run } = useTask()
  useEffect(() => void directory.refresh(), [directory])
  useEffect(() => {
    if (state.phase !== 'ready') return
    let current = true
    const now = Date.now()
    directory
      .find({ ...anything, text }, now)
      .then(({ found }) => directory.rows([...found.slice(0, SHOWN)], now))
      .then(
        (came) => current && setRows(came),
        () => current && setRows([]),
      )
    return () => {
      current = false
    }
  }, [directory, state.phase, state.version, text])

  const look = (row: FoundRow) =>
    void run(async () => {
      const details = await directory.entry(row.key, Date.now())
      if (details) setCard(cardOf(details, row.service?.id, hoursText))
    })
  const send = () =>
    void run(async () => {
      await props.model.share(cardContent(card!, cardText(card!)))
      props.onClose()
      props.onSent()
    })

  return (
    <Dialog title={said.contactTitle} onClose={props.onClose} testId="contact-dialog">
      {card ? (
        <>
          <p>{said.contactSends}</p>
          <div className="shared-card" dir="auto" data-testid="contact-preview">
            {cardText(card)
              .split('\n')
              .map((line, at) => (at === 0 ? <b key={line}>{line}</b> : <span key={line}>{line}</span>))}
            {card.phones.length === 0 && <span className="muted">{said.noPhone}</span>}
          </div>
        </>
      ) : (
        <>
          <label className="field">
            <span>{said.contactSearch}</span>
            <input
              type="search"
              value={text}
              data-testid="contact-search"
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          {state.phase === 'none' || state.phase === 'absent' ? (
            <Problem>{said.contactNoCopy}</Problem>
          ) : (
            !rows && <Spinner label={words.directory.copy.opening} />
          )}
          {rows?.length === 0 && <p className="muted">{said.contactNone}</p>}
          <div className="menu">
            {rows?.map((row) => (
              <button
                key={row.id}
                type="button"
                data-testid="contact-option"
                data-key={row.key}
                onClick={() => look(row)}
              >
                <BookUser aria-hidden="true" />
                <span>
                  <b>{title(row)}</b>
                  <small className="muted">
                    <Flag country={row.country} />{' '}
                    {[row.service && row.institution, row.place].filter(Boolean).join(' · ')}
                  </small>
                </span>
              </button>
            ))}
          </div>
        </>
      )}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        {card && (
          <>
            <button
              type="button"
              className="button primary"
              data-testid="contact-send"
              disabled={busy}
              onClick={send}
            >
              <SendHorizontal aria-hidden="true" />
              {words.composer.send}
            </button>
            <button type="button" className="button" onClick={() => setCard(undefined)}>
              <ArrowLeft aria-hidden="true" />
              {words.back}
            </button>
          </>
        )}
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
