import type { FoundRow } from '@enlace/directory/finder'
import { MapPin, Phone } from 'lucide-react'
import { pathOf } from '../../viewmodel/session/router.ts'
import { useShell, useWords } from '../ui/hooks.ts'
import { Flag, IconButton } from '../ui/parts.tsx'
import { ExampleMark, FreshnessMark, OpeningLine, telOf, useDistance, useRowTitle } from './parts.tsx'
import { ServiceIcon } from './service-icons.tsx'

/** Who, what, where, how far, open or not, and how far that can be relied on. */
export function FoundRowView(props: {
  row: FoundRow
  now: number
  isSelected: boolean
  onSelect?(): void
  /** shows it on the map */
  onLocate?(): void
}) {
  const { row } = props
  const { router } = useShell()
  const words = useWords().directory
  const distance = useDistance()
  const title = useRowTitle()
  const route = { page: 'directory-entry', key: row.key } as const
  return (
    <article
      className={`found ${props.isSelected ? 'is-selected' : ''}`}
      data-testid="found-row"
      data-key={row.key}
      onPointerEnter={props.onSelect}
      onFocus={props.onSelect}
    >
      <span className="found-icon">
        <ServiceIcon category={row.categories[0]} />
      </span>
      <div className="found-text">
        <h2>
          <a
            className="found-link"
            href={pathOf(route)}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return
              event.preventDefault()
              router.go(route)
            }}
          >
            {title(row)}
          </a>
        </h2>
        {row.service && <p className="found-who">{row.institution}</p>}
        <p className="found-where">
          <Flag country={row.country} />
          <span>
            {[row.place ?? words.noPlace, row.metres !== undefined && distance(row.metres, row.townOnly)]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </p>
        <p className="found-marks">
          <OpeningLine opening={row.opening} now={props.now} />
        </p>
        <p className="found-marks">
          {row.example && <ExampleMark />}
          <FreshnessMark freshness={row.freshness} />
          {!row.confirmed && (
            <span className="dir-mark" data-kind="unconfirmed" title={words.unconfirmedHint}>
              {words.unconfirmed}
            </span>
          )}
        </p>
      </div>
      <div className="found-actions">
        {row.phone && (
          <a
            className="icon-button"
            href={telOf(row.phone)}
            aria-label={`${words.call}: ${row.institution}`}
            title={words.call}
          >
            <Phone aria-hidden="true" />
          </a>
        )}
        {row.position && props.onLocate && (
          <IconButton
            label={`${words.showOnMap}: ${title(row)}, ${row.institution}`}
            onClick={props.onLocate}
          >
            <MapPin aria-hidden="true" />
          </IconButton>
        )}
      </div>
    </article>
  )
}
