import { BadgeCheck, BookUser, CircleAlert, Phone } from 'lucide-react'
import { useEffect, useState } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import { pathOf } from '../../viewmodel/session/router.ts'
import { type CardStanding, standingOf } from '../../viewmodel/timeline/contact-card.ts'
import type { CardBody } from '../../viewmodel/timeline/types.ts'
import { telOf } from '../directory/parts.tsx'
import { useShell, useWords } from '../ui/hooks.ts'
import { useHoursText } from './hours-text.ts'

/** A card of the directory that somebody sent. Whose word it is this device finds out by itself. */
export default function ContactCard(props: { body: CardBody; sender: string }) {
  const { body, sender } = props
  const { session, router } = useShell()
  const words = useWords().share
  const hoursText = useHoursText()
  const [standing, setStanding] = useState<CardStanding | undefined>(undefined)
  useEffect(() => {
    let current = true
    standingOf(session, institutionsOf(session), body).then(
      (found) => current && setStanding(found),
      () => current && setStanding({ kind: 'said' }),
    )
    return () => {
      current = false
    }
  }, [session, body.key, body.name, body.service, body.place, body.phones.join()])
  const signed = standing?.kind === 'signed' ? standing : undefined
  const hours = signed ? hoursText(signed.schedules) : body.hours
  const route = { page: 'directory-entry', key: body.key } as const
  return (
    <section className="shared-card" data-testid="message-card" data-standing={standing?.kind}>
      <p className="shared-title" dir="auto">
        <BookUser aria-hidden="true" />
        {body.name}
      </p>
      <dl dir="auto">
        {[
          [words.service, body.service],
          [words.where, body.place],
          [words.hours, hours],
        ].map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <p className="card-origin" data-testid="card-origin">
        {signed ? <BadgeCheck aria-hidden="true" /> : <CircleAlert aria-hidden="true" />}
        {signed ? words.signed : words.saidBy(sender)}
      </p>
      <div className="row-actions">
        {body.phones.map((one) => (
          <a key={one} className="button small" href={telOf(one)} data-testid="card-call">
            <Phone aria-hidden="true" />
            {one}
          </a>
        ))}
        {standing !== undefined && standing.kind !== 'said' && (
          <a
            className="button small"
            href={pathOf(route)}
            data-testid="card-entry"
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return
              event.preventDefault()
              router.go(route)
            }}
          >
            <BookUser aria-hidden="true" />
            {words.entry}
          </a>
        )}
      </div>
    </section>
  )
}
