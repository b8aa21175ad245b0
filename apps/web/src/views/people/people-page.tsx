import { ArrowLeft, ChevronRight, FileSpreadsheet, UserPlus, Users } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import type { OfficeModel } from '../../viewmodel/institution/types.ts'
import {
  fetchInvitations,
  fetchPeople,
  type ListedInvitation,
  type ListedPerson,
  type MadeInvitation,
  revokeInvitation,
} from '../../viewmodel/people/people-api.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { PublishCard } from '../institution/publish-card.tsx'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useModel, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Avatar, Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import PersonPage from './person-page.tsx'
import { SheetsDialog } from './sheets.tsx'

const FILTERS = ['all', 'waiting', 'suspended', 'owes', 'coordinator'] as const
type Filter = (typeof FILTERS)[number]

const waits = (one: ListedPerson) =>
  one.managed && one.claimed_role !== null && one.roster?.role !== one.claimed_role
const matches: Record<Filter, (one: ListedPerson) => boolean> = {
  all: () => true,
  waiting: waits,
  suspended: (one) => one.suspended !== null,
  owes: (one) => one.second_factor === 'owes',
  coordinator: (one) => (one.roster?.role ?? one.claimed_role) === 'coordinator',
}
/** Written with or without accents it is the same name. */
const fold = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/** The people of one's institution, for whoever coordinates it; with `detail`, one of them. */
export default function PeoplePage({ detail, nav }: { detail: string | undefined; nav: ReactNode }) {
  const { session, router } = useShell()
  const words = useWords()
  const me = useStore(session.me)
  const institution = me?.institution?.key
  const office = useModel(() => institutionsOf(session).office(institution ?? ''), [session, institution])
  return (
    <section className="page" data-testid="people-page">
      <header className="page-head">
        <IconButton
          label={words.back}
          testId="back"
          onClick={() =>
            detail === undefined ? router.back() : router.go({ page: 'office', part: 'people' })
          }
        >
          <ArrowLeft />
        </IconButton>
        <h1>{words.people.title}</h1>
      </header>
      {nav}
      <div className="page-scroll settings">
        {me && (institution === undefined || me.role !== 'coordinator') ? (
          <Blank icon={<Users />} title={words.people.onlyCoordinators} />
        ) : office && institution !== undefined ? (
          <Loaded key={institution} office={office} detail={detail} />
        ) : (
          <Spinner label={words.loading} />
        )}
      </div>
    </section>
  )
}

function Loaded({ office, detail }: { office: OfficeModel; detail: string | undefined }) {
  const { session } = useShell()
  const words = useWords()
  const state = useStore(office.state)
  const [people, setPeople] = useState<readonly ListedPerson[] | undefined>(undefined)
  const [invitations, setInvitations] = useState<readonly ListedInvitation[]>([])
  const language = useLanguage()
  const { failure, run } = useTask()
  const reload = useCallback(
    () =>
      run(async () => {
        const [found, open] = await Promise.all([
          fetchPeople(session.request),
          fetchInvitations(session.request),
        ])
        setPeople(found)
        setInvitations(open)
      }),
    [session],
  )
  useEffect(() => {
    void office.load()
  }, [office])
  const version = state.published?.version
  // A signature changes who is on the roster.
  useEffect(() => void reload(), [reload, version])
  if (failure && !people)
    return (
      <Problem
        action={
          <button type="button" className="button" onClick={() => void reload()}>
            {words.retry}
          </button>
        }
      >
        {failureText(failure, language, words)}
      </Problem>
    )
  if (!people) return <Spinner label={words.loading} />
  if (detail !== undefined)
    return (
      <>
        <PublishCard model={office} state={state} />
        <PersonPage key={detail} userId={detail} office={office} onChange={() => void reload()} />
      </>
    )
  return <List people={people} invitations={invitations} office={office} reload={() => void reload()} />
}

function List(props: {
  people: readonly ListedPerson[]
  invitations: readonly ListedInvitation[]
  office: OfficeModel
  reload(): void
}) {
  const { people, invitations, office, reload } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.people
  const state = useStore(office.state)
  const [search, setSearch] = useState('')
  const [filter, setFilter] = useState<Filter>('all')
  const [open, setOpen] = useState<'invite' | 'import' | undefined>(undefined)
  const [made, setMade] = useState<readonly MadeInvitation[] | undefined>(undefined)
  const drafted = new Set(state.changes.flatMap((one) => (one.kind === 'set' ? [one.userId] : [])))
  // Nobody who coordinates is taken down by a button for all: that is done on their own page.
  const waiting = people.filter(
    (one) => waits(one) && !drafted.has(one.user_id) && one.roster?.role !== 'coordinator',
  )
  const wanted = fold(search.trim())
  const shown = people.filter(
    (one) => matches[filter](one) && fold(`${one.display_name ?? ''} ${one.user_id}`).includes(wanted),
  )
  const onMade = (some: readonly MadeInvitation[]) => {
    setOpen(undefined)
    setMade(some)
    reload()
  }
  return (
    <>
      <div className="row-actions people-actions">
        <button
          type="button"
          className="button primary"
          data-testid="people-invite"
          onClick={() => setOpen('invite')}
        >
          <UserPlus aria-hidden="true" />
          {own.invite}
        </button>
        <button
          type="button"
          className="button"
          data-testid="people-import"
          onClick={() => setOpen('import')}
        >
          <FileSpreadsheet aria-hidden="true" />
          {own.importAction}
        </button>
      </div>
      {waiting.length > 0 && (
        <div className="note people-waiting" data-testid="people-waiting">
          <p>{own.signWaiting(waiting.length)}</p>
          <button
            type="button"
            className="button"
            data-testid="people-list-all"
            onClick={() => {
              for (const one of waiting)
                if (one.claimed_role) office.set({ userId: one.user_id, role: one.claimed_role })
            }}
          >
            {own.signAction(waiting.length)}
          </button>
        </div>
      )}
      <PublishCard model={office} state={state} />
      <div className="people-filter">
        <label className="field">
          <span>{own.search}</span>
          <input
            type="search"
            data-testid="people-search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <Select
          label={own.filter}
          testId="people-filter"
          value={filter}
          onChange={(value) => setFilter(FILTERS.find((one) => one === value) ?? 'all')}
          choices={FILTERS.map((one) => ({ value: one, label: own.filters[one] }))}
        />
      </div>
      {people.length === 0 ? (
        <Blank icon={<Users />} title={own.none} hint={own.noneHint} />
      ) : (
        <>
          <p className="muted" role="status">
            {shown.length === 0 ? own.nobodyFound : own.count(shown.length, people.length)}
          </p>
          <ul className="plain-list people-list">
            {shown.map((one) => (
              <Row key={one.user_id} person={one} />
            ))}
          </ul>
        </>
      )}
      <section className="card" data-testid="people-invitations">
        <h2>{own.invitations}</h2>
        {invitations.length === 0 && <p className="muted">{own.noInvitations}</p>}
        <ul className="plain-list">
          {invitations.map((one) => (
            <li key={one.id} className="setting" data-testid="open-invitation">
              <p>
                <b>{one.display_name ?? one.user_id}</b>
                <br />
                <span className="muted">
                  {one.user_id} · {one.role ? own.roles[one.role] : own.reset} ·{' '}
                  {own.until(dateTime(one.expires_ts, language, words))}
                </span>
              </p>
              <button
                type="button"
                className="button small"
                aria-label={`${own.revoke}: ${one.display_name ?? one.user_id}`}
                onClick={() =>
                  void revokeInvitation(session.request, one.id)
                    .catch(() => undefined)
                    .then(reload)
                }
              >
                {own.revoke}
              </button>
            </li>
          ))}
        </ul>
      </section>
      {open === 'invite' && (
        <InviteDialog
          office={office}
          canList={state.key.kind === 'good'}
          onClose={() => setOpen(undefined)}
          onMade={onMade}
        />
      )}
      {open === 'import' && <ImportDialog onClose={() => setOpen(undefined)} onMade={onMade} />}
      {made && <SheetsDialog made={made} onClose={() => setMade(undefined)} />}
    </>
  )
}

function Row({ person }: { person: ListedPerson }) {
  const { router, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.people
  const name = person.display_name ?? person.user_id
  const role = person.roster?.role ?? person.claimed_role
  const standing = !person.managed
    ? own.onlyList
    : person.roster && person.claimed_role && person.roster.role !== person.claimed_role
      ? own.differs(own.roles[person.roster.role], own.roles[person.claimed_role])
      : person.roster
        ? own.onList
        : own.waits
  return (
    <li data-testid="person-row" data-user-id={person.user_id}>
      <button
        type="button"
        className="person-row"
        disabled={!person.managed}
        onClick={() => router.go({ page: 'office', part: 'people', detail: person.user_id })}
      >
        <Avatar id={person.user_id} name={name} />
        <span className="member-text">
          <b>
            {name}
            {person.user_id === session.userId && <span className="muted"> ({own.you})</span>}
          </b>
          <span className="muted">
            {person.user_id} · {role ? own.roles[role] : own.noRole}
          </span>
          <span className="person-marks">
            <span className="roster-mark" data-state={person.roster ? 'listed' : 'absent'}>
              {standing}
            </span>
            {person.suspended && (
              <span className="roster-mark" data-state="over">
                {own.suspended}
              </span>
            )}
            {person.second_factor === 'owes' && (
              <span className="roster-mark" data-state="later">
                {own.factorOwes}
              </span>
            )}
          </span>
          <span className="muted">
            {person.last_seen_ts === null
              ? own.neverSeen
              : `${own.seen(dateTime(person.last_seen_ts, language, words))} · ${own.deviceCount(person.devices)}`}
          </span>
        </span>
        <ChevronRight aria-hidden="true" />
      </button>
    </li>
  )
}
