import { ArrowLeft, Search, Star, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { isNarrowed, sameSearch } from '../../viewmodel/search/asked.ts'
import { searchOf } from '../../viewmodel/search/search.ts'
import { type SearchGroup, type SearchResults, searchGroups } from '../../viewmodel/search/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Spinner } from '../ui/parts.tsx'
import { LookBackBar } from './look-back-bar.tsx'
import { SearchFilterBar } from './search-filters.tsx'
import { SearchResultList } from './search-results.tsx'
import { SearchStart } from './search-start.tsx'

export default function SearchPage() {
  const { session, router } = useShell()
  const words = useWords()
  const model = searchOf(session)
  const state = useStore(model.state)
  const input = useRef<HTMLInputElement>(null)
  const page = useRef<HTMLElement>(null)
  const { text, filters, group, results } = state
  const total = results && searchGroups.reduce((sum, one) => sum + results[one].total, 0)
  const isSaved = state.saved.some((one) => sameSearch(one, { text, filters }))
  const asks = text.trim() !== '' || isNarrowed(filters)

  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])

  /** Arrows go from the field through what was found and back. */
  function onKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing || event.altKey || event.ctrlKey || event.metaKey) return
    const found = [...(page.current?.querySelectorAll<HTMLElement>('[data-found]') ?? [])]
    const at = found.indexOf(document.activeElement as HTMLElement)
    const inField = document.activeElement === input.current
    if (!inField && at < 0) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const next = at + (event.key === 'ArrowDown' ? 1 : -1)
      if (inField && event.key === 'ArrowUp') return
      event.preventDefault()
      if (next < 0) input.current?.focus()
      else found[Math.min(next, found.length - 1)]?.focus()
    } else if (event.key === 'Enter' && inField) {
      event.preventDefault()
      found[0]?.click()
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (inField) model.write('')
      else input.current?.focus()
    }
  }

  return (
    <section className="page search-page" ref={page} onKeyDown={onKey} aria-label={words.search.title}>
      <header className="page-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h1>{words.search.title}</h1>
      </header>
      <div className="search-box">
        <Search aria-hidden="true" />
        <input
          type="search"
          autoComplete="off"
          enterKeyHint="search"
          data-testid="search-input"
          aria-label={words.search.field}
          placeholder={words.search.placeholder}
          value={text}
          onChange={(event) => model.write(event.target.value)}
          ref={input}
        />
        {asks && (
          <IconButton
            label={isSaved ? words.search.unsave : words.search.save}
            testId="search-save"
            className={isSaved ? 'is-saved' : ''}
            onClick={model.toggleSaved}
          >
            <Star />
          </IconButton>
        )}
        {text !== '' && (
          <IconButton
            label={words.search.clear}
            onClick={() => {
              model.write('')
              input.current?.focus()
            }}
          >
            <X />
          </IconButton>
        )}
      </div>
      <GroupChips group={group} results={results} choose={model.choose} />
      <SearchFilterBar filters={filters} narrow={model.narrow} />
      <div className="page-scroll">
        <p className="visually-hidden" role="status">
          {total === undefined ? '' : total === 0 ? words.search.none : words.search.found(total)}
        </p>
        {results === undefined ? (
          state.preparing && asks ? (
            <p className="pad">
              <Spinner label={words.search.preparing} />
            </p>
          ) : (
            <SearchStart model={model} state={state} />
          )
        ) : (
          <>
            {total === 0 ? (
              <Blank icon={<Search />} title={words.search.none} hint={words.search.noneHint} />
            ) : (
              <SearchResultList model={model} results={results} group={group} />
            )}
            <LookBackBar model={model} />
          </>
        )}
        <p className="muted pad search-size" data-testid="search-size" data-size={state.size}>
          {words.search.onlyHere(state.size)}
        </p>
      </div>
    </section>
  )
}

function GroupChips(props: {
  group: SearchGroup | undefined
  results: SearchResults | undefined
  choose(group: SearchGroup | undefined): void
}) {
  const words = useWords().search
  const { group, results, choose } = props
  return (
    <fieldset className="search-chips">
      <legend className="visually-hidden">{words.groupsLabel}</legend>
      <button
        type="button"
        className="chip"
        data-testid="search-group-all"
        aria-pressed={group === undefined}
        onClick={() => choose(undefined)}
      >
        {words.all}
      </button>
      {searchGroups.map((one) => {
        const count = results?.[one].total ?? 0
        return (
          <button
            key={one}
            type="button"
            className="chip"
            data-testid={`search-group-${one}`}
            aria-pressed={group === one}
            onClick={() => choose(group === one ? undefined : one)}
          >
            {words.groups[one]}
            {count > 0 && <span className="chip-count">{count > 999 ? '999+' : count}</span>}
          </button>
        )
      })}
    </fieldset>
  )
}
