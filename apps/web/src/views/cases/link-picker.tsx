import { type CaseLink, caseStatuses } from '@enlace/coordination'
import { Link2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { BoardRow } from '../../viewmodel/cases/types.ts'
import { Select } from '../ui/choice.tsx'
import { useLabel, useShell, useWords } from '../ui/hooks.ts'
import { KindWord } from './case-parts.tsx'

type Rel = CaseLink['rel']
const MOST = 8

/** Finds another case by its reference, among those this person may see. */
export function LinkPicker(props: {
  except: string | undefined
  rels: readonly Rel[]
  onChoose(link: CaseLink): void
}) {
  const { session } = useShell()
  const words = useWords()
  const label = useLabel()
  const [rel, setRel] = useState<Rel>(props.rels[0] ?? 'about')
  const [text, setText] = useState('')
  const [found, setFound] =
    useState<readonly Pick<BoardRow, 'id' | 'room_id' | 'reference' | 'kind' | 'status'>[]>()
  const { except } = props

  useEffect(() => {
    const reference = text.trim().toUpperCase()
    if (reference.length < 3) {
      setFound(undefined)
      return
    }
    let current = true
    const timer = setTimeout(() => {
      void session.cases.api
        .board({ view: 'all', reference, ended: true, limit: MOST + 1 })
        .then((page) => page?.rows)
        // When the node cannot be asked: the cases this device knows.
        .catch(() => undefined)
        .then((rows) => {
          const known = [...session.cases.known.get().values()]
            .filter((one) => one.reference.includes(reference))
            .map((one) => ({ ...one, room_id: one.roomId }))
          if (current) setFound((rows ?? known).filter((one) => one.id !== except).slice(0, MOST))
        })
    }, 300)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [session, text, except])

  return (
    <div className="link-picker">
      {props.rels.length > 1 && (
        <Select
          label={words.cases.sheet.rel}
          testId="link-rel"
          value={rel}
          choices={props.rels.map((one) => ({ value: one, label: words.cases.sheet.rels[one] }))}
          onChange={(value) => setRel(value as Rel)}
        />
      )}
      <label className="field">
        <span>{words.cases.sheet.link}</span>
        <input
          type="search"
          data-testid="link-search"
          placeholder={words.cases.sheet.linkSearch}
          value={text}
          maxLength={40}
          autoComplete="off"
          autoCapitalize="characters"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {found?.length === 0 && (
        <p className="muted" role="status">
          {words.cases.sheet.linkNone}
        </p>
      )}
      {found?.map((one) => (
        <button
          key={one.id}
          type="button"
          className="link-found"
          data-testid={`link-found-${one.reference}`}
          onClick={() => {
            props.onChoose({ rel, event_id: one.id, room_id: one.room_id, reference: one.reference })
            setText('')
          }}
        >
          <Link2 aria-hidden="true" />
          <span>
            <b className="case-reference">{one.reference}</b> <KindWord kind={one.kind} />
            <span className="muted"> · {label(caseStatuses[one.status])}</span>
          </span>
        </button>
      ))}
    </div>
  )
}
