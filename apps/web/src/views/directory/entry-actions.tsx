import type { EntryDetails } from '@enlace/directory/finder'
import { FilePlus2, MessageCircle, Navigation, Phone, Printer } from 'lucide-react'
import { useState } from 'react'
import { useTopicChannels } from '../cases/new-case-button.tsx'
import { useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { TopicIcon } from '../ui/topics.tsx'
import { entryActions } from './entry-slots.tsx'
import { telOf } from './parts.tsx'

const digits = (number: string) => number.replace(/\D/g, '')

/** Call, write, open a case, go there: what people come for, before anything is read. */
export function EntryActions({ details }: { details: EntryDetails }) {
  const words = useWords().directory.entry
  const phones = [
    ...details.phones,
    ...details.places.flatMap((place) => place.phones),
    ...details.services.flatMap((service) => service.phones),
    ...details.contacts.flatMap((contact) => contact.phones),
  ]
  const [first] = phones
  const whatsapp = phones.find((phone) => phone.whatsapp)
  const place = details.places.find(({ position }) => position)
  return (
    <section className="entry-actions" aria-label={words.actions}>
      {first && (
        <a className="button primary" href={telOf(first.number, first.extension)} data-testid="entry-call">
          <Phone aria-hidden="true" />
          {words.call}
        </a>
      )}
      {whatsapp && (
        <a
          className="button"
          href={`https://wa.me/${digits(whatsapp.number)}`}
          target="_blank"
          rel="noopener noreferrer"
          data-testid="entry-whatsapp"
        >
          <MessageCircle aria-hidden="true" />
          {words.whatsapp}
        </a>
      )}
      <OpenCase institution={details.key} />
      {place?.position && (
        <Route
          name={details.name}
          latitude={place.position.latitude}
          longitude={place.position.longitude}
          townOnly={place.townOnly}
        />
      )}
      {entryActions.map((Slot, at) => (
        <Slot key={at} details={details} />
      ))}
      <button type="button" className="button" data-testid="entry-print" onClick={() => window.print()}>
        <Printer aria-hidden="true" />
        {words.print}
      </button>
    </section>
  )
}

/** A draft of a case in a channel of one's own, with this institution already chosen. */
function OpenCase({ institution }: { institution: string }) {
  const words = useWords().directory.entry
  const { session, router } = useShell()
  const channels = useTopicChannels()
  const [isOpen, setOpen] = useState(false)
  const { busy, run } = useTask()
  const begin = (roomId: string) =>
    run(async () => {
      const draft = await session.caseDrafts.create(roomId)
      session.caseDrafts.change(draft.id, { institutions: [institution] })
      router.go({ page: 'new-case', draftId: draft.id })
    })
  return (
    <>
      <button
        type="button"
        className="button"
        data-testid="entry-case"
        disabled={busy}
        onClick={() => (channels.length === 1 ? void begin(channels[0]!.roomId) : setOpen(true))}
      >
        <FilePlus2 aria-hidden="true" />
        {words.openCase}
      </button>
      {isOpen && (
        <Dialog title={words.caseChannel} onClose={() => setOpen(false)}>
          {channels.length === 0 && <Problem>{words.noChannel}</Problem>}
          <div className="menu">
            {channels.map((one) => (
              <button
                key={one.roomId}
                type="button"
                data-testid={`entry-case-${one.topic}`}
                onClick={() => void begin(one.roomId)}
              >
                <TopicIcon topic={one.topic} known />
                <span>{one.label}</span>
              </button>
            ))}
          </div>
        </Dialog>
      )}
    </>
  )
}

/** Links only: an application that the person chooses is opened, and nothing of it is loaded here. */
function Route(props: { name: string; latitude: number; longitude: number; townOnly: boolean }) {
  const words = useWords().directory.entry
  const [isOpen, setOpen] = useState(false)
  const at = `${props.latitude},${props.longitude}`
  const links = [
    [words.routeMaps, `geo:${at}?q=${at}(${encodeURIComponent(props.name)})`],
    [words.routeOsmand, `https://osmand.net/map?pin=${at}#14/${props.latitude}/${props.longitude}`],
    [words.routeOsm, `https://www.openstreetmap.org/directions?to=${at}`],
    [words.routeGoogle, `https://www.google.com/maps/dir/?api=1&destination=${encodeURIComponent(at)}`],
  ] as const
  return (
    <>
      <button type="button" className="button" data-testid="entry-route" onClick={() => setOpen(true)}>
        <Navigation aria-hidden="true" />
        {words.route}
      </button>
      {isOpen && (
        <Dialog title={words.routeTitle} onClose={() => setOpen(false)} testId="route-dialog">
          <p className="muted">{words.routeHint}</p>
          {props.townOnly && <p className="note">{words.routeTown}</p>}
          <div className="menu">
            {links.map(([name, href]) => (
              <a key={href} href={href} target="_blank" rel="noopener noreferrer">
                <Navigation aria-hidden="true" />
                <span>{name}</span>
              </a>
            ))}
          </div>
        </Dialog>
      )}
    </>
  )
}
