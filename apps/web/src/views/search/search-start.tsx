import { Clock, Search, Star, X } from 'lucide-react'
import { plainName } from '../../lib/plain-name.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import type { SearchAsked, SearchModel, SearchState } from '../../viewmodel/search/types.ts'
import { usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Blank, IconButton } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'

/** Before anything is asked: what was looked for lately, and what is looked for again and again. */
export function SearchStart(props: { model: SearchModel; state: SearchState }) {
  const { model, state } = props
  const words = useWords().search
  const describe = useDescribed()
  return (
    <div className="search-start">
      {state.saved.length > 0 && (
        <section>
          <h2>{words.saved}</h2>
          <ul>
            {state.saved.map((one) => (
              <li key={JSON.stringify(one)} className="search-again">
                <button type="button" data-found data-testid="search-saved" onClick={() => model.take(one)}>
                  <Star aria-hidden="true" />
                  <span>{describe(one)}</span>
                </button>
                <IconButton label={words.forgetSaved(describe(one))} onClick={() => model.forgetSaved(one)}>
                  <X />
                </IconButton>
              </li>
            ))}
          </ul>
        </section>
      )}
      {state.recent.length > 0 && (
        <section>
          <h2>{words.recent}</h2>
          <ul>
            {state.recent.map((text) => (
              <li key={text} className="search-again">
                <button
                  type="button"
                  data-found
                  data-testid="search-recent"
                  onClick={() => model.take({ text, filters: {} })}
                >
                  <Clock aria-hidden="true" />
                  <span>{text}</span>
                </button>
              </li>
            ))}
          </ul>
          <button type="button" className="button quiet small" onClick={model.forgetRecent}>
            {words.forgetRecent}
          </button>
        </section>
      )}
      {state.recent.length + state.saved.length === 0 && (
        <Blank icon={<Search />} title={words.start} hint={words.startHint} />
      )}
      <p className="muted pad only-wide">{words.shortcut}</p>
    </div>
  )
}

/** A saved search in words: what, who, where, when. */
function useDescribed(): (asked: SearchAsked) => string {
  const { session } = useShell()
  const words = useWords().search
  const people = usePeople()
  const name = useChannelName()
  return ({ text, filters }) => {
    const room = filters.roomId ? session.client.getRoom(filters.roomId) : null
    return [
      text || words.anything,
      filters.sender && people.person(filters.sender, filters.roomId).name,
      room && name({ ...topicOf(session, room), name: plainName(room.name) }),
      filters.span ? words.filters.spans[filters.span] : undefined,
      filters.from || filters.to ? words.filters.between(filters.from ?? '', filters.to ?? '') : undefined,
      filters.documents && words.filters.documents,
    ]
      .filter(Boolean)
      .join(' · ')
  }
}
