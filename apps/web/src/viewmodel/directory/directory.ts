import { anything, type FindQuery, type FoundRow } from '@enlace/directory/finder'
import { positionOfPlace } from '@enlace/directory/places'
import { createStore } from '../../lib/store.ts'
import type { DeviceDirectory } from '../../model/directory/types.ts'
import type { Session } from '../../model/session/types.ts'
import type { DirectoryPageModel, DirectoryPageState } from './types.ts'

const LOCATE_TIMEOUT_MS = 15_000
/** "Open now" is asked again after so long. */
const OPENING_KEPT_MS = 60_000
const MOST_ROWS_KEPT = 2_000

/** Whether anything is asked: else the page offers services to begin with. */
export const asksNothing = ({
  text,
  services,
  country,
  language,
  openNow,
  person,
  near,
}: FindQuery): boolean =>
  text.trim() === '' &&
  services.length === 0 &&
  !country &&
  !language &&
  !openNow &&
  !person.sex &&
  !person.situation &&
  !near

const models = new WeakMap<object, DirectoryPageModel>()

/** One for a session: whoever comes back from an entry finds what they had found. */
export function directoryPage(session: Pick<Session, 'directory'>): DirectoryPageModel {
  const made = models.get(session.directory) ?? createDirectoryPage(session.directory)
  models.set(session.directory, made)
  return made
}

export function createDirectoryPage(
  directory: DeviceDirectory,
  locate: Geolocation | undefined = typeof navigator === 'undefined' ? undefined : navigator.geolocation,
  now: () => number = Date.now,
): DirectoryPageModel {
  const state = createStore<DirectoryPageState>({ query: anything, rowsVersion: 0, view: 'list' })
  let rows = new Map<number, FoundRow>()
  let wanted = new Set<number>()
  let asked = 0
  let askedAt = 0

  async function find(): Promise<void> {
    if (directory.state.get().phase !== 'ready') return
    asked += 1
    const mine = asked
    askedAt = now()
    const { query } = state.get()
    try {
      const answer = await directory.find(query, askedAt)
      if (mine !== asked) return
      rows = new Map()
      wanted = new Set()
      state.update(({ selected, ...before }) => ({
        ...before,
        answer,
        ...(selected !== undefined && answer.found.includes(selected) ? { selected } : {}),
      }))
    } catch {
      // The worker stopped; the next question starts another, and the page says how the copy stands.
    }
  }

  const load = () => {
    const numbers = [...wanted]
    wanted = new Set()
    const mine = asked
    const { query } = state.get()
    directory.rows(numbers, now(), query.near).then(
      (came) => {
        if (mine !== asked) return
        if (rows.size > MOST_ROWS_KEPT) rows = new Map()
        came.forEach((row, at) => {
          rows.set(numbers[at]!, row)
        })
        state.update((before) => ({ ...before, rowsVersion: before.rowsVersion + 1 }))
      },
      () => undefined,
    )
  }

  let version = directory.state.get().version
  const follow = () => {
    const next = directory.state.get()
    if (next.phase !== 'ready' || (next.version === version && state.get().facets)) return
    version = next.version
    directory.facets().then(
      (facets) => state.update((before) => ({ ...before, facets })),
      () => undefined,
    )
    void find()
  }
  directory.state.subscribe(follow)
  follow()

  const change = (fields: Partial<DirectoryPageState>, query: Partial<FindQuery> = {}) => {
    state.update((before) => ({ ...before, ...fields, query: { ...before.query, ...query } }))
    void find()
  }
  const without = (field: 'near' | 'locating') =>
    state.update(({ [field]: _, ...rest }) => rest as DirectoryPageState)

  return {
    state,
    directory: directory.state,
    ask: (query) => change({}, query),
    clear() {
      without('near')
      without('locating')
      state.update((before) => ({ ...before, query: anything }))
      void find()
    },
    nearPlace(key) {
      const near = positionOfPlace(key)
      if (!near) return
      without('locating')
      change({ near: { kind: 'place', key } }, { near })
    },
    nearMe() {
      if (!locate) {
        state.update((before) => ({ ...before, locating: 'unavailable' }))
        return
      }
      state.update((before) => ({ ...before, locating: 'asking' }))
      locate.getCurrentPosition(
        ({ coords: { latitude, longitude, accuracy } }) => {
          without('locating')
          change({ near: { kind: 'me', accuracy } }, { near: { latitude, longitude } })
        },
        ({ code }) =>
          state.update((before) => ({ ...before, locating: code === 1 ? 'denied' : 'unavailable' })),
        { timeout: LOCATE_TIMEOUT_MS, maximumAge: 5 * 60_000 },
      )
    },
    nowhere() {
      without('near')
      without('locating')
      state.update((before) => {
        const { near: _, ...query } = before.query
        return { ...before, query }
      })
      void find()
    },
    select: (selected) =>
      state.update(({ selected: _, ...before }) => ({
        ...before,
        ...(selected === undefined ? {} : { selected }),
      })),
    show: (view) => state.update((before) => ({ ...before, view })),
    row(number) {
      const known = rows.get(number)
      if (!known && !wanted.has(number)) {
        // Asked together: a list asks for the rows of a screen one by one.
        if (wanted.size === 0) queueMicrotask(load)
        wanted.add(number)
      }
      return known
    },
    async refresh() {
      await directory.refresh()
      if (now() - askedAt > OPENING_KEPT_MS) void find()
    },
  }
}
