import '../../styles/interchange/interchange.css'
import { QrCode, Smartphone } from 'lucide-react'
import { useEffect, useState } from 'react'
import { type ContactCard, cardsFor, codeOf, saveCard } from '../../viewmodel/interchange/export.ts'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Dialog, Spinner } from '../ui/parts.tsx'

/** An institution's contacts for a telephone: as a file, or as a code that a camera reads from this screen. */
export default function EntryCards(props: { entryKey: string }) {
  const words = useWords()
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="button" data-testid="entry-cards" onClick={() => setOpen(true)}>
        <Smartphone aria-hidden="true" />
        {words.interchange.toPhone}
      </button>
      {open && (
        <Dialog title={words.interchange.toPhone} testId="cards-dialog" onClose={() => setOpen(false)}>
          <Cards entryKey={props.entryKey} />
        </Dialog>
      )}
    </>
  )
}

function Cards(props: { entryKey: string }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [cards, setCards] = useState<ContactCard[] | undefined>(undefined)
  useEffect(() => {
    let gone = false
    cardsFor(session, props.entryKey, language).then(
      (found) => !gone && setCards(found),
      () => !gone && setCards([]),
    )
    return () => {
      gone = true
    }
  }, [session, props.entryKey, language])
  if (!cards) return <Spinner label={words.loading} />
  if (cards.length === 0) return <p>{words.interchange.noCards}</p>
  return (
    <ul className="plain-list wizard-list">
      {cards.map((card) => (
        <Card key={card.uid} card={card} />
      ))}
    </ul>
  )
}

function Card({ card }: { card: ContactCard }) {
  const words = useWords()
  const [code, setCode] = useState<boolean[][] | undefined>(undefined)
  return (
    <li className="card" data-testid="entry-card">
      <h3>{card.name}</h3>
      <p className="muted">{card.phones.map(({ number }) => number).join(' · ')}</p>
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid="card-save"
          onClick={() => saveCard(card, '4.0')}
        >
          {words.interchange.saveCard}
        </button>
        <button
          type="button"
          className="button"
          data-testid="card-code-open"
          aria-expanded={code !== undefined}
          onClick={() => (code ? setCode(undefined) : void codeOf(card).then(setCode))}
        >
          <QrCode aria-hidden="true" />
          {words.interchange.showCode}
        </button>
      </div>
      {code && (
        <figure className="card-code">
          {/* Black on white, also in the dark: cameras read nothing else. */}
          <svg
            viewBox={`0 0 ${code.length} ${code.length}`}
            role="img"
            aria-label={words.interchange.codeOf(card.name)}
            data-testid="card-code"
            shapeRendering="crispEdges"
          >
            <rect width={code.length} height={code.length} fill="#fff" />
            <path fill="#000" d={pathOf(code)} />
          </svg>
          <figcaption className="muted">{words.interchange.codeHint}</figcaption>
        </figure>
      )}
    </li>
  )
}

const pathOf = (code: readonly (readonly boolean[])[]) =>
  code.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('')
