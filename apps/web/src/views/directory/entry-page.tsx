import '../../styles/directory/entry.css'
import type { EntryDetails, ServiceDetails } from '@enlace/directory/finder'
import { languageName } from '@enlace/directory/language'
import { sexes, situations } from '@enlace/directory/marks'
import { countryName, kindLabel, serviceLabel } from '@enlace/directory/words'
import { ArrowLeft, BookUser } from 'lucide-react'
import type { ReactNode } from 'react'
import { createEntry } from '../../viewmodel/directory/entry.ts'
import { moment } from '../../words/format.ts'
import { useLabel, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, Flag, IconButton, Spinner } from '../ui/parts.tsx'
import { useDates } from './dates.ts'
import { EntryActions } from './entry-actions.tsx'
import { Contacts, Phones } from './entry-contacts.tsx'
import { HoursTable } from './entry-hours.tsx'
import { entryMarks, entryPeople, entrySections } from './entry-slots.tsx'
import { ExampleMark, FreshnessMark, NetworkOnly, OpeningLine } from './parts.tsx'
import { ServiceIcon } from './service-icons.tsx'

/** All that is known of one institution. */
export default function EntryPage(props: { entryKey: string }) {
  const { router, session } = useShell()
  const model = useModel(() => createEntry(session, props.entryKey), [session, props.entryKey])
  const words = useWords()
  return (
    <section className="page entry" data-testid="directory-entry" data-key={props.entryKey}>
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <p className="entry-crumb">{words.directory.title}</p>
      </header>
      <div className="page-scroll">{model && <Content model={model} />}</div>
    </section>
  )
}

function Content({ model }: { model: ReturnType<typeof createEntry> }) {
  const { router } = useShell()
  const words = useWords()
  const state = useStore(model.state)
  const { copy, entry } = words.directory
  if (state.phase === 'ready') return <Entry details={state.details} now={state.now} />
  if (state.phase === 'opening')
    return (
      <div className="page-center">
        <Spinner label={copy.opening} />
      </div>
    )
  if (state.phase === 'none')
    return (
      <Blank icon={<BookUser />} title={copy.none} hint={copy.noneHint}>
        <button type="button" className="button primary" onClick={model.retry}>
          {words.retry}
        </button>
      </Blank>
    )
  return (
    <Blank
      icon={<BookUser />}
      title={state.phase === 'absent' ? copy.absent : entry.missing}
      hint={state.phase === 'absent' ? copy.absentHint : entry.missingHint}
    >
      <button type="button" className="button primary" onClick={() => router.go({ page: 'directory' })}>
        {entry.toDirectory}
      </button>
    </Blank>
  )
}

function Entry({ details, now }: { details: EntryDetails; now: number }) {
  const words = useWords()
  const label = useLabel()
  const texts = words.directory.entry
  const place = [details.municipality, details.department].filter(Boolean).join(', ')
  return (
    <article className="entry-sheet">
      <header className="entry-head">
        <h1>{details.name}</h1>
        <p className="found-where">
          <Flag country={details.country} />
          <span>
            {[label(kindLabel(details.kind)), place || label(countryName(details.country))].join(' · ')}
          </span>
        </p>
        <p className="found-marks">
          {details.example && <ExampleMark />}
          <FreshnessMark freshness={details.freshness} />
          {!details.confirmed && (
            <span className="dir-mark" data-kind="unconfirmed">
              {words.directory.unconfirmed}
            </span>
          )}
          {entryMarks.map((Slot, at) => (
            <Slot key={at} details={details} />
          ))}
        </p>
        {details.example && <p className="muted">{words.directory.exampleHint}</p>}
        {!details.confirmed && <p className="muted">{words.directory.unconfirmedHint}</p>}
        {!details.own && <p className="muted">{texts.listOnly}</p>}
        {details.description && <p>{details.description}</p>}
      </header>
      <EntryActions details={details} />
      {entryPeople.map((Slot, at) => (
        <Slot key={at} details={details} />
      ))}
      <Group title={texts.services} group="services" details={details}>
        {details.services.length === 0 && <p className="muted">{texts.noServices}</p>}
        {details.services.map((service) => (
          <Service key={service.id} service={service} now={now} />
        ))}
      </Group>
      <Group title={texts.contact} group="contact" details={details}>
        <Contacts details={details} />
      </Group>
      <Group title={texts.place} group="place" details={details}>
        <Places details={details} now={now} />
      </Group>
      <Reliability details={details} />
      {entrySections.map((Slot, at) => (
        <Slot key={at} details={details} />
      ))}
    </article>
  )
}

/** A group of fields, and when somebody last confirmed it. */
function Group(props: {
  title: string
  group: 'services' | 'contact' | 'place'
  details: EntryDetails
  children: ReactNode
}) {
  const words = useWords().directory.entry
  const { dayText } = useDates()
  const kept = props.details.groups[props.group]
  return (
    <section className="card entry-group" data-testid={`entry-${props.group}`}>
      <header>
        <h2>{props.title}</h2>
        {kept && kept.freshness !== 'verified' && <FreshnessMark freshness={kept.freshness} />}
        {kept?.freshness === 'verified' && kept.date && (
          <span className="muted">{words.confirmedOn(dayText(kept.date))}</span>
        )}
      </header>
      {props.children}
    </section>
  )
}

function Service({ service, now }: { service: ServiceDetails; now: number }) {
  const words = useWords().directory.entry
  const language = useLanguage()
  const label = useLabel()
  const eligibility = useEligibility(service)
  const name = (language === 'en' && service.nameInEnglish) || service.name
  const categories = service.categories
    .map((key) => label(serviceLabel(key)))
    .filter((text) => text.toLowerCase() !== name.toLowerCase())
  return (
    <section className="entry-service" data-testid="entry-service">
      <h3>
        <span className="found-icon">
          <ServiceIcon category={service.categories[0]} />
        </span>
        <span>
          {name}
          {categories.length > 0 && <small className="muted"> {categories.join(' · ')}</small>}
        </span>
      </h3>
      <p className="found-marks">
        <OpeningLine opening={service.opening} now={now} />
        {service.networkOnly && <NetworkOnly />}
      </p>
      {service.description && <p>{service.description}</p>}
      <dl className="entry-facts">
        <Fact name={words.capacity} show={service.capacity.length > 0}>
          {service.capacity.map((one, at) => (
            <Capacity key={at} capacity={one} />
          ))}
        </Fact>
        <Fact name={words.documents} show={service.documents.length > 0}>
          <ul className="entry-list">
            {service.documents.map((document) => (
              <li key={document}>{document}</li>
            ))}
          </ul>
        </Fact>
        <Fact name={words.eligibility} show>
          {eligibility}
        </Fact>
        <Fact name={words.cost} show={service.costs.length > 0 || service.fees !== undefined}>
          <Costs service={service} />
        </Fact>
        <Fact name={words.languages} show={service.languages.length > 0}>
          {service.languages.map((code) => label(languageName(code))).join(', ')}
        </Fact>
        <Fact name={words.application} show={service.application !== undefined}>
          {service.application}
        </Fact>
        <Fact name={words.wait} show={service.wait !== undefined}>
          {service.wait}
        </Fact>
        <Fact name={words.interpretation} show={service.interpretation !== undefined}>
          {service.interpretation}
        </Fact>
        <Fact name={words.area} show={service.areas.length > 0}>
          {service.areas.join(', ')}
        </Fact>
        <Fact name={words.hours} show>
          <HoursTable schedules={service.schedules} />
        </Fact>
        <Fact name={words.contact} show={service.phones.length > 0}>
          <Phones phones={service.phones} />
        </Fact>
      </dl>
    </section>
  )
}

function Fact(props: { name: string; show: boolean; children: ReactNode }) {
  if (!props.show) return null
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  )
}

function Capacity({ capacity }: { capacity: ServiceDetails['capacity'][number] }) {
  const words = useWords().directory.entry
  const language = useLanguage()
  const { available, maximum, unit, updated } = capacity
  const when = updated ? Date.parse(updated) : Number.NaN
  return (
    <p>
      <b>{words.left(available ?? 0, maximum ?? 0)}</b>
      {unit && ` · ${unit.toLowerCase() === 'cama' ? words.beds : unit}`}
      {!Number.isNaN(when) && <span className="muted"> · {words.updated(moment(when, language))}</span>}
    </p>
  )
}

function Costs({ service }: { service: ServiceDetails }) {
  const words = useWords().directory.entry
  const language = useLanguage()
  const amount = (value: number, currency: string | undefined) =>
    currency
      ? new Intl.NumberFormat(language === 'es' ? 'es-HN' : 'en-GB', { style: 'currency', currency }).format(
          value,
        )
      : String(value)
  return (
    <ul className="entry-list plain">
      {service.costs.map((cost, at) => (
        <li key={at}>
          {[
            cost.option,
            cost.amount === 0
              ? words.free
              : cost.amount !== undefined
                ? amount(cost.amount, cost.currency)
                : undefined,
            cost.text,
          ]
            .filter((text, position, all) => text && all.indexOf(text) === position)
            .join(' · ')}
        </li>
      ))}
      {service.fees && <li>{service.fees}</li>}
    </ul>
  )
}

function useEligibility({ eligibility, eligibilityText }: ServiceDetails): string {
  const words = useWords().directory.entry
  const label = useLabel()
  const { minimumAge: from, maximumAge: to } = eligibility
  const known = (list: readonly string[], names: Record<string, { es: string; en: string }>) =>
    list.map((key) => (names[key] ? label(names[key]) : key)).join(', ')
  const age =
    from && to !== undefined
      ? words.ages(from, to)
      : from
        ? words.ageFrom(from)
        : to !== undefined
          ? words.ageTo(to)
          : ''
  const parts = [
    eligibilityText ?? '',
    known(eligibility.situations, situations),
    known(eligibility.sexes, sexes),
    age,
    eligibility.nationalities.length > 0
      ? words.nationality(eligibility.nationalities.map((code) => label(countryName(code))).join(', '))
      : '',
  ].filter(Boolean)
  return parts.length > 0 ? parts.join(' · ') : words.anyone
}

function Places({ details, now }: { details: EntryDetails; now: number }) {
  const words = useWords().directory
  const label = useLabel()
  if (details.places.length === 0) return <p className="muted">{words.entry.noPlace}</p>
  return details.places.map((place) => (
    <section key={place.id} className="entry-place">
      {place.name && <h3>{place.name}</h3>}
      {place.networkOnly && <NetworkOnly />}
      <address>
        {[
          ...place.address,
          [place.city, place.department, place.country && label(countryName(place.country))]
            .filter(Boolean)
            .join(', '),
        ]
          .filter(Boolean)
          .map((line) => (
            <span key={line}>{line}</span>
          ))}
      </address>
      {place.description && <p>{place.description}</p>}
      {place.townOnly && place.position && <p className="muted">{words.townOnly}</p>}
      <dl className="entry-facts">
        <Fact name={words.entry.plusCode} show={place.plusCode !== undefined}>
          <span className="mono">{place.plusCode}</span>
        </Fact>
        <Fact name={words.entry.transport} show={place.transportation !== undefined}>
          {place.transportation}
        </Fact>
        <Fact name={words.entry.accessibility} show={place.accessibility.length > 0}>
          {place.accessibility.join(' ')}
        </Fact>
        <Fact name={words.entry.hours} show={place.schedules.length > 0}>
          <OpeningLine opening={place.opening} now={now} />
          <HoursTable schedules={place.schedules} />
        </Fact>
      </dl>
    </section>
  ))
}

/** How far this can be relied on, group by group, and where it comes from. */
function Reliability({ details }: { details: EntryDetails }) {
  const words = useWords().directory
  const { dayText } = useDates()
  const groups = Object.entries(details.groups) as [
    keyof typeof words.entry.groups,
    { freshness: EntryDetails['freshness']; date?: string },
  ][]
  return (
    <section className="card entry-group" data-testid="entry-reliability">
      <header>
        <h2>{words.entry.reliability}</h2>
      </header>
      <ul className="entry-list plain">
        {groups.map(([group, { freshness, date }]) => (
          <li key={group} className="entry-kept">
            <span>{words.entry.groups[group]}</span>
            <FreshnessMark freshness={freshness} />
            <span className="muted">
              {date ? words.entry.confirmedOn(dayText(date)) : words.entry.neverConfirmed}
            </span>
          </li>
        ))}
      </ul>
      <p className="muted">{words.entry.changed(dayText(details.lastModified.slice(0, 10)))}</p>
      {details.source && (
        <p className="muted">
          {words.entry.source}:{' '}
          <a href={details.source} target="_blank" rel="noopener noreferrer">
            {details.source}
          </a>
        </p>
      )}
    </section>
  )
}
