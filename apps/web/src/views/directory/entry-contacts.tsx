import type { EntryDetails } from '@enlace/directory/finder'
import { languageName } from '@enlace/directory/language'
import { MessageCircle, Moon, Phone } from 'lucide-react'
import { useLabel, useWords } from '../ui/hooks.ts'
import { NetworkOnly, telOf } from './parts.tsx'

type PhoneDetails = EntryDetails['phones'][number]

export function Phones({ phones }: { phones: readonly PhoneDetails[] }) {
  const words = useWords().directory.entry
  const label = useLabel()
  return (
    <ul className="entry-phones">
      {phones.map((phone) => (
        <li key={`${phone.number} ${phone.extension ?? ''}`}>
          <a className="entry-phone" href={telOf(phone.number, phone.extension)}>
            <Phone aria-hidden="true" />
            <span>
              {spaced(phone.number)}
              {phone.extension && ` ${words.extension(phone.extension)}`}
            </span>
          </a>
          <span className="muted">
            {[phone.description, ...phone.languages.map((code) => label(languageName(code)))]
              .filter(Boolean)
              .join(' · ')}
          </span>
          {phone.whatsapp && (
            <span className="dir-mark">
              <MessageCircle aria-hidden="true" />
              {words.hasWhatsapp}
            </span>
          )}
          {phone.atNight !== undefined && (
            <span className="dir-mark">
              <Moon aria-hidden="true" />
              {phone.atNight ? words.atNight : words.notAtNight}
            </span>
          )}
          {phone.networkOnly && <NetworkOnly />}
        </li>
      ))}
    </ul>
  )
}

/** "+504 0000 0101": easier to read aloud. */
const spaced = (number: string) =>
  /^\+50[24]\d{8}$/.test(number) ? `${number.slice(0, 4)} ${number.slice(4, 8)} ${number.slice(8)}` : number

/** The institution's telephones, then who is there by position. */
export function Contacts({ details }: { details: EntryDetails }) {
  const words = useWords().directory.entry
  const contacts = [...details.contacts, ...details.services.flatMap((service) => service.contacts)].filter(
    ({ id }, at, all) => all.findIndex((other) => other.id === id) === at,
  )
  const phones = [...details.phones, ...details.places.flatMap((place) => place.phones)]
  const { email, website } = details
  if (phones.length === 0 && contacts.length === 0 && !email && !website)
    return <p className="muted">{words.noContact}</p>
  return (
    <>
      {phones.length > 0 && <Phones phones={phones} />}
      {contacts.map((contact) => (
        <section key={contact.id} className="entry-contact">
          <h3>{[contact.title, contact.name, contact.department].filter(Boolean).join(' · ')}</h3>
          {contact.networkOnly && <NetworkOnly />}
          {contact.email && <Mail address={contact.email} />}
          <Phones phones={contact.phones} />
        </section>
      ))}
      {email && <Mail address={email} />}
      {website && (
        <p>
          {words.website}:{' '}
          <a href={website} target="_blank" rel="noopener noreferrer">
            {website}
          </a>
        </p>
      )}
    </>
  )
}

function Mail({ address }: { address: string }) {
  const words = useWords().directory.entry
  return (
    <p>
      {words.email}: <a href={`mailto:${address}`}>{address}</a>
    </p>
  )
}
