import { ArrowLeft, Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { plainName } from '../../lib/plain-name.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import { marked } from '../../viewmodel/search/highlight.ts'
import type { SearchableMessage } from '../../viewmodel/search/types.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Blank, IconButton } from '../ui/parts.tsx'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'

const WAIT_MS = 150

export default function SearchPage() {
  const { session, router } = useShell()
  const words = useWords()
  const [query, setQuery] = useState('')
  const [results, setResults] = useState<readonly SearchableMessage[] | undefined>(undefined)
  const [size, setSize] = useState(0)
  const input = useRef<HTMLInputElement>(null)

  useEffect(() => void input.current?.focus(), [])
  useEffect(() => {
    void session.searchIndex.size().then(setSize)
  }, [session])
  useEffect(() => {
    if (query.trim() === '') {
      setResults(undefined)
      return
    }
    let current = true
    const timer = setTimeout(
      () => void session.searchIndex.search(query).then((found) => current && setResults(found)),
      WAIT_MS,
    )
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [query, session])

  return (
    <section className="page">
      <header className="page-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h2>{words.search.title}</h2>
      </header>
      <div className="search-box">
        <Search aria-hidden="true" />
        <input
          type="search"
          data-testid="search-input"
          aria-label={words.search.title}
          placeholder={words.search.placeholder}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          ref={input}
        />
        {query !== '' && (
          <IconButton label={words.cancel} onClick={() => setQuery('')}>
            <X />
          </IconButton>
        )}
      </div>
      <p className="muted pad">{words.search.onlyHere(size)}</p>
      <div className="page-scroll" aria-live="polite">
        {results === undefined ? (
          <Blank icon={<Search />} title={words.search.start} />
        ) : results.length === 0 ? (
          <Blank title={words.search.none} />
        ) : (
          <ul className="results">
            {results.map((one) => (
              <Result key={one.id} message={one} query={query} />
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}

function Result(props: { message: SearchableMessage; query: string }) {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const { message } = props
  const room = session.client.getRoom(message.roomId)
  const topic = room ? topicOf(session, room) : { topic: '', known: false }
  const channel = room ? name({ ...topic, name: plainName(room.name) }) : ''
  const who = people.person(message.sender, message.roomId)
  return (
    <li>
      <button
        type="button"
        className="result"
        data-testid="search-result"
        onClick={() => router.go({ page: 'channel', roomId: message.roomId, eventId: message.id })}
      >
        <TopicIcon topic={topic.topic} known={topic.known} />
        <span className="result-text">
          <span className="channel-line">
            <b>{who.name}</b>
            <time className="channel-time">{dateTime(message.ts, language, words)}</time>
          </span>
          <span className="muted">
            {[who.institutionName ?? who.userId, channel].filter(Boolean).join(' · ')}
          </span>
          <span className="result-body">
            {marked(message.text, props.query).map((part, index) =>
              part.hit ? <mark key={index}>{part.text}</mark> : <span key={index}>{part.text}</span>,
            )}
          </span>
        </span>
      </button>
    </li>
  )
}
