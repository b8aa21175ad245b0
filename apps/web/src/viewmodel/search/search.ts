import { anything } from '@enlace/directory/finder'
import { coalesce, createStore } from '../../lib/store.ts'
import type { SearchableKind } from '../../model/search/types.ts'
import type { Session } from '../../model/session/types.ts'
import { isNarrowed, sameSearch, spanOf } from './asked.ts'
import { createCasePlace, createPeoplePlace } from './places.ts'
import { keepSearches } from './remembered.ts'
import type {
  FoundIn,
  MessageFound,
  SearchAsked,
  SearchGroup,
  SearchModel,
  SearchResults,
  SearchState,
} from './types.ts'

const WAIT_MS = 80
const LOOK_AGAIN_MS = 1_500
const FEW = 5
const MANY = 40
const KINDS: Record<'messages' | 'files', SearchableKind[]> = {
  messages: ['text'],
  files: ['file', 'image'],
}
const nothing = { total: 0, shown: [] }

const models = new WeakMap<object, SearchModel>()

/** One for a session: whoever comes back from what was found finds what they had found. */
export function searchOf(session: Session): SearchModel {
  const made = models.get(session.searchIndex) ?? createSearch(session)
  models.set(session.searchIndex, made)
  return made
}

type Parts = Pick<
  Session,
  'client' | 'searchIndex' | 'lookBack' | 'people' | 'cases' | 'directory' | 'database'
>

export function createSearch(session: Parts, now: () => number = Date.now): SearchModel {
  const { client, searchIndex, lookBack, people, cases, directory } = session
  const state = createStore<SearchState>({
    text: '',
    filters: {},
    group: undefined,
    preparing: true,
    size: 0,
    recent: [],
    saved: [],
  })
  const peoplePlace = createPeoplePlace(client, people)
  const casePlace = createCasePlace(client, cases)
  const remembered = keepSearches(session.database, (kept) =>
    state.update((before) => ({ ...before, ...kept })),
  )
  let asked = 0
  let limit = MANY

  /** Channels one is in: nothing of any other is found. */
  const readable = () =>
    client.getRooms().flatMap((room) => (room.getMyMembership() === 'join' ? [room.roomId] : []))

  async function find(): Promise<void> {
    asked += 1
    const mine = asked
    const { text, filters, group } = state.get()
    const narrowed = isNarrowed(filters)
    // A kind alone asks for all of them: what files are there.
    if (text.trim() === '' && !narrowed && group !== 'files') {
      state.update(({ results: _, answered: __, ...before }) => before)
      return
    }
    const wants = (one: SearchGroup) => group === undefined || group === one
    const most = group === undefined ? FEW : limit
    const rooms = readable().filter((one) => filters.roomId === undefined || one === filters.roomId)
    const { since, until } = spanOf(filters, now())
    const narrow = {
      rooms,
      ...(filters.sender === undefined ? {} : { sender: filters.sender }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    }
    async function messages(kinds: SearchableKind[]): Promise<FoundIn<MessageFound>> {
      const { total, hits } = await searchIndex.search({ text, kinds, limit: most, ...narrow })
      const known = cases.known.get()
      const shown = hits.map((hit) => {
        const caseId = hit.message.thread
        return caseId !== undefined && known.has(caseId) ? { ...hit, caseId } : hit
      })
      return { total, shown }
    }
    async function entries(): Promise<SearchResults['directory']> {
      if (directory.state.get().phase !== 'ready') return nothing
      const { found } = await directory.find({ ...anything, text }, now())
      const shown = await directory.rows([...found.slice(0, most)], now())
      return { total: found.length, shown }
    }
    const results: SearchResults = await settled({
      messages: wants('messages') && !filters.documents ? messages(KINDS.messages) : nothing,
      files: wants('files') ? messages(KINDS.files) : nothing,
      people: wants('people') && !narrowed ? peoplePlace.find(text, most) : nothing,
      cases: wants('cases')
        ? casePlace.find({ text, limit: most, documents: filters.documents === true, ...narrow })
        : nothing,
      directory: wants('directory') && !narrowed ? entries() : nothing,
    })
    if (mine !== asked) return
    const size = await searchIndex.size().catch(() => 0)
    state.update((before) => ({
      ...before,
      preparing: false,
      size,
      results,
      answered: { text, filters },
    }))
  }
  const findSoon = coalesce(() => void find(), WAIT_MS, WAIT_MS)
  const findAgain = coalesce(() => void find(), LOOK_AGAIN_MS, LOOK_AGAIN_MS)

  const change = (fields: Partial<SearchState>) => {
    limit = MANY
    state.update((before) => ({ ...before, ...fields }))
    findSoon()
  }

  void Promise.all([searchIndex.load(), remembered.read()])
    .then(() => searchIndex.size())
    .then((size) => state.update((before) => ({ ...before, size, preparing: false })))
    .catch(() => state.update((before) => ({ ...before, preparing: false })))
  for (const source of [directory.state, cases.detailsVersion, people.version]) source.subscribe(findAgain)

  return {
    state,
    back: lookBack.state,
    write: (text) => change({ text }),
    narrow: (filters) => change({ filters }),
    choose: (group) => change({ group }),
    take: ({ text, filters }) => change({ text, filters, group: undefined }),
    more() {
      limit += MANY
      void find()
    },
    used: () => remembered.use(state.get().text),
    toggleSaved() {
      const { text, filters } = state.get()
      remembered.toggle({ text: text.trim(), filters })
    },
    forgetRecent: remembered.forgetRecent,
    forgetSaved(saved: SearchAsked) {
      if (state.get().saved.some((one) => sameSearch(one, saved))) remembered.toggle(saved)
    },
    async lookBack() {
      const { roomId } = state.get().filters
      const stopAsking = lookBack.state.subscribe(findAgain)
      try {
        await lookBack.start(roomId === undefined ? readable() : [roomId])
      } finally {
        stopAsking()
        findAgain.cancel()
        await find()
        const size = await searchIndex.size().catch(() => 0)
        state.update((before) => ({ ...before, size }))
      }
    },
    stopLookingBack: lookBack.stop,
  }
}

/** Each group for itself: one that cannot be looked through now finds nothing, and hides nothing of the others. */
async function settled(
  parts: {
    [Group in SearchGroup]: SearchResults[Group] | Promise<SearchResults[Group]>
  },
): Promise<SearchResults> {
  const or = async <T>(part: FoundIn<T> | Promise<FoundIn<T>>): Promise<FoundIn<T>> => {
    try {
      return await part
    } catch {
      return nothing
    }
  }
  const [messages, files, found, inCases, directory] = await Promise.all([
    or(parts.messages),
    or(parts.files),
    or(parts.people),
    or(parts.cases),
    or(parts.directory),
  ])
  return { messages, files, people: found, cases: inCases, directory }
}
