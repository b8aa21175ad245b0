import type { BilingualText } from '@enlace/directory/text'
import {
  createContext,
  type DependencyList,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'
import { type Failure, failureOf } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import { today } from '../../lib/today.ts'
import type { Alerts } from '../../viewmodel/calls/types.ts'
import type { ChannelsModel } from '../../viewmodel/channels/types.ts'
import type { App, Router, Session } from '../../viewmodel/session/types.ts'
import type { Resets } from '../../viewmodel/trust/types.ts'
import { language, wordsIn } from '../../words/language.ts'

export function useStore<T>(store: ReadableStore<T>): T {
  return useSyncExternalStore(store.subscribe, store.get)
}

/** Words speak of today and yesterday, so they are said anew when the day changes. */
export function useWords() {
  useStore(today)
  return wordsIn(useStore(language))
}

export function useLanguage() {
  return useStore(language)
}

export interface Shell {
  app: App
  router: Router
  session: Session
  channels: ChannelsModel
  alerts: Alerts
  resets: Resets
}

export const AppContext = createContext<{ app: App; router: Router } | undefined>(undefined)
export const ShellContext = createContext<Shell | undefined>(undefined)

export function useApp() {
  const value = useContext(AppContext)
  if (!value) throw new Error('Used outside the application.')
  return value
}

export function useShell(): Shell {
  const value = useContext(ShellContext)
  if (!value) throw new Error('Used outside a session.')
  return value
}

/** Names and institutions may arrive after the view is drawn; it is drawn again when they do. */
export function usePeople() {
  const { session } = useShell()
  useStore(session.people.version)
  return session.people
}

/** A view-model of one's own, made when the view appears and closed when it goes; undefined before the first. */
export function useModel<M extends { close(): void }>(make: () => M, inputs: DependencyList): M | undefined {
  const [model, setModel] = useState<M | undefined>(undefined)
  useEffect(() => {
    const made = make()
    setModel(made)
    return () => made.close()
  }, inputs)
  return model
}

/** One thing a person asks for that may fail: whether it is under way, and why it last failed. */
export function useTask() {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  async function run(work: () => Promise<void>): Promise<void> {
    setBusy(true)
    setFailure(undefined)
    try {
      await work()
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }
  return { busy, failure, run }
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title
  }, [title])
}

export function useLabel(): (text: BilingualText) => string {
  const language = useLanguage()
  return (text) => text[language]
}

export function useInstitutions() {
  const { session } = useShell()
  return useStore(session.cases.institutions)
}

/** An institution's name: as the node lists it, else as its people carry it, else its key. */
export function useInstitutionName(): (key: string) => string {
  const { session } = useShell()
  const people = usePeople()
  const known = useInstitutions()
  return (key) =>
    known.get(key)?.name ??
    session.client
      .getRooms()
      .flatMap((room) => people.members(room.roomId))
      .find((person) => person.institution === key)?.institutionName ??
    key
}

/** Whether the screen is as the query says, now and when it changes. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const update = () => setMatches(list.matches)
    list.addEventListener('change', update)
    return () => list.removeEventListener('change', update)
  }, [query])
  return matches
}
