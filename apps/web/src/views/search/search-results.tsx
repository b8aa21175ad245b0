import { caseKinds, caseStatuses } from '@enlace/coordination'
import { BookUser, FileText, FolderKanban, Image } from 'lucide-react'
import type { ReactNode } from 'react'
import { plainName } from '../../lib/plain-name.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import { marked } from '../../viewmodel/search/highlight.ts'
import type {
  CaseFound,
  MessageFound,
  PersonFound,
  SearchGroup,
  SearchModel,
  SearchResults,
} from '../../viewmodel/search/types.ts'
import { searchGroups } from '../../viewmodel/search/types.ts'
import { dateTime } from '../../words/format.ts'
import { useRowTitle } from '../directory/parts.tsx'
import { useLabel, useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Avatar, Flag } from '../ui/parts.tsx'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'

/** What was found, by kind; a few of each until one kind is chosen. */
export function SearchResultList(props: {
  model: SearchModel
  results: SearchResults
  group: SearchGroup | undefined
}) {
  const words = useWords().search
  const { model, results, group } = props
  const rows: Record<SearchGroup, () => ReactNode> = {
    messages: () =>
      results.messages.shown.map((one) => <MessageRow key={one.message.id} found={one} model={model} />),
    files: () =>
      results.files.shown.map((one) => <MessageRow key={one.message.id} found={one} model={model} />),
    people: () =>
      results.people.shown.map((one) => <PersonRow key={one.person.userId} found={one} model={model} />),
    cases: () => results.cases.shown.map((one) => <CaseRow key={one.state.id} found={one} model={model} />),
    directory: () =>
      results.directory.shown.map((one, at) => <EntryRow key={`${one.id} ${at}`} row={one} model={model} />),
  }
  return (
    <>
      {searchGroups.map((one) => {
        const { total, shown } = results[one]
        if (shown.length === 0) return null
        return (
          <section key={one} className="search-group" data-testid={`search-found-${one}`}>
            {group === undefined && <h2>{words.groups[one]}</h2>}
            <ul className="results">{rows[one]()}</ul>
            {shown.length < total && (
              <button
                type="button"
                className="button quiet small"
                data-testid={`search-more-${one}`}
                onClick={() => (group === undefined ? model.choose(one) : model.more())}
              >
                {group === undefined ? words.seeAll(total, words.groups[one]) : words.more}
              </button>
            )}
          </section>
        )
      })}
    </>
  )
}

function Row(props: {
  group: SearchGroup
  icon: ReactNode
  title: ReactNode
  time?: string | undefined
  line?: ReactNode
  children?: ReactNode
  onOpen(): void
}) {
  return (
    <li>
      <button
        type="button"
        className="result"
        data-found
        data-testid="search-result"
        data-group={props.group}
        onClick={props.onOpen}
      >
        {props.icon}
        <span className="result-text">
          <span className="channel-line">
            <b>{props.title}</b>
            {props.time && <time className="channel-time">{props.time}</time>}
          </span>
          {props.line && <span className="muted">{props.line}</span>}
          {props.children && <span className="result-body">{props.children}</span>}
        </span>
      </button>
    </li>
  )
}

function Marked(props: { text: string; terms: readonly string[] }) {
  return marked(props.text, props.terms).map((part, index) =>
    part.hit ? <mark key={index}>{part.text}</mark> : <span key={index}>{part.text}</span>,
  )
}

function MessageRow(props: { found: MessageFound; model: SearchModel }) {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const { message, terms, caseId } = props.found
  const room = session.client.getRoom(message.roomId)
  const topic = room ? topicOf(session, room) : { topic: '', known: false }
  const channel = room ? name({ ...topic, name: plainName(room.name) }) : ''
  const who = people.person(message.sender, message.roomId)
  const isFile = message.kind === 'file' || message.kind === 'image'
  const [fileName = '', ...said] = isFile ? message.text.split('\n') : []
  const from = [who.institutionName ?? who.userId, channel, caseId && words.search.inCase]
  return (
    <Row
      group={isFile ? 'files' : 'messages'}
      icon={
        isFile ? (
          <span className="result-icon" aria-hidden="true">
            {message.kind === 'image' ? <Image /> : <FileText />}
          </span>
        ) : (
          <TopicIcon topic={topic.topic} known={topic.known} />
        )
      }
      title={isFile ? <Marked text={fileName} terms={terms} /> : who.name}
      time={dateTime(message.ts, language, words)}
      line={[isFile && who.name, ...from].filter(Boolean).join(' · ')}
      onOpen={() => {
        props.model.used()
        router.go(
          caseId === undefined
            ? { page: 'channel', roomId: message.roomId, eventId: message.id }
            : { page: 'case', caseId },
        )
      }}
    >
      {isFile ? (
        said.length > 0 && <Marked text={said.join(' ')} terms={terms} />
      ) : (
        <Marked text={message.text} terms={terms} />
      )}
    </Row>
  )
}

function PersonRow(props: { found: PersonFound; model: SearchModel }) {
  const words = useWords()
  const { person, terms } = props.found
  const { userId, name, institutionName, country, role } = person
  return (
    <Row
      group="people"
      icon={<Avatar id={userId} name={name} />}
      title={<Marked text={name} terms={terms} />}
      line={
        <>
          <Flag country={country} /> {institutionName ?? userId}
          {role && ` · ${words.people.roles[role]}`}
        </>
      }
      onOpen={() => {
        props.model.used()
        props.model.take({ text: '', filters: { sender: userId } })
      }}
    >
      {words.search.theirMessages(name)}
    </Row>
  )
}

function CaseRow(props: { found: CaseFound; model: SearchModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { state, terms, because } = props.found
  return (
    <Row
      group="cases"
      icon={
        <span className="result-icon" aria-hidden="true">
          <FolderKanban />
        </span>
      }
      title={<Marked text={state.reference} terms={terms} />}
      time={dateTime(state.openedAt, language, words)}
      line={`${label(caseKinds[state.kind].label)} · ${label(caseStatuses[state.status])}`}
      onOpen={() => {
        props.model.used()
        router.go({ page: 'case', caseId: state.id })
      }}
    >
      {because && <Marked text={because} terms={terms} />}
    </Row>
  )
}

function EntryRow(props: { row: SearchResults['directory']['shown'][number]; model: SearchModel }) {
  const { router } = useShell()
  const title = useRowTitle()
  const { row } = props
  return (
    <Row
      group="directory"
      icon={
        <span className="result-icon" aria-hidden="true">
          <BookUser />
        </span>
      }
      title={title(row)}
      line={
        <>
          <Flag country={row.country} />{' '}
          {[row.service && row.institution, row.place, row.phone].filter(Boolean).join(' · ')}
        </>
      }
      onOpen={() => {
        props.model.used()
        router.go({ page: 'directory-entry', key: row.key })
      }}
    />
  )
}
