/** Whom one may write to: found among the people of one's channels and of the own node, judged by the node. */
import { topicLabel } from '@enlace/coordination'
import { foldText } from '@enlace/directory/text'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { plainName } from '../../lib/plain-name.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'
import {
  type CheckedContact,
  checkContacts,
  openDirect,
  openGroup,
} from '../../model/channels/conversations-api.ts'
import type { Session } from '../../model/session/types.ts'
import { arrived } from '../duty/write-to-duty.ts'
import { topicOf } from './channel-list.ts'
import { addressOf } from './members.ts'
import type { ChannelsModel } from './types.ts'

export interface Contact {
  userId: string
  name: string
  institution?: string
  institutionName?: string
  country?: string
  /** What the node says; undefined: not asked yet, or it cannot be asked now. */
  verdict?: CheckedContact
}

export interface NewConversationState {
  found: readonly Contact[]
  chosen: readonly Contact[]
  busy: boolean
  /** Not to be asked now: the list is what this device knows. */
  failure?: Failure
}

export interface NewConversation {
  readonly state: ReadableStore<NewConversationState>
  search(text: string): void
  toggle(userId: string): void
  /** @returns the room, once this device has it; undefined: `state.failure` says why not */
  open(groupName: string): Promise<{ roomId: string; notReached: readonly string[] } | undefined>
  close(): void
}

const SHOWN = 12
const WAIT_MS = 250
const wordsOf = (text: string): string[] => foldText(text).match(/[\p{L}\p{N}]+/gu) ?? []

export function createNewConversation(
  session: Session,
  channels: Pick<ChannelsModel, 'groupNames'>,
): NewConversation {
  const state = createStore<NewConversationState>({ found: [], chosen: [], busy: false })
  const verdicts = new Map<string, CheckedContact>()
  const known = knownPeople(session)
  let text = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  const withVerdict = (one: Contact): Contact => {
    const verdict = verdicts.get(one.userId)
    return verdict
      ? {
          ...one,
          ...(verdict.institution ? { institution: verdict.institution } : {}),
          ...(verdict.institution_name ? { institutionName: verdict.institution_name } : {}),
          ...(verdict.country ? { country: verdict.country } : {}),
          verdict,
        }
      : one
  }
  const put = (more: Partial<NewConversationState>) => {
    const next = { ...state.get(), ...more }
    state.set({ ...next, found: next.found.map(withVerdict), chosen: next.chosen.map(withVerdict) })
  }

  function local(wanted: readonly string[]): Contact[] {
    return [...known.values()]
      .filter(({ words }) => wanted.every((want) => words.some((word) => word.startsWith(want))))
      .map(({ contact }) => contact)
      .sort((a, b) => a.name.localeCompare(b.name, 'es'))
  }

  async function look(): Promise<void> {
    const asked = text
    const current = () => !closed && asked === text
    const found = new Map(
      local(wordsOf(asked))
        .slice(0, SHOWN)
        .map((one) => [one.userId, one]),
    )
    put({ found: [...found.values()] })
    try {
      if (asked.length >= 2)
        for (const one of (await session.client.searchUserDirectory({ term: asked, limit: SHOWN })).results) {
          const userId = one.user_id
          if (userId === session.userId || found.has(userId)) continue
          found.set(userId, { userId, name: plainName(one.display_name ?? '') || userId })
        }
      const typed = asked.includes(':') ? addressOf(asked, session.client.getDomain() ?? '') : undefined
      if (typed && !found.has(typed)) found.set(typed, { userId: typed, name: typed })
      if (!current()) return
      put({ found: [...found.values()].slice(0, SHOWN + 1) })
      const unknown = [...found.keys()].filter((one) => !verdicts.has(one)).slice(0, SHOWN + 1)
      if (unknown.length > 0)
        for (const one of await checkContacts(session.request, unknown)) verdicts.set(one.user_id, one)
      if (!closed) put({})
    } catch (error) {
      if (current()) state.set({ ...state.get(), failure: failureOf(error) })
    }
  }

  function search(next: string): void {
    text = next.trim()
    clearTimeout(timer)
    const { failure: _, ...rest } = state.get()
    state.set(rest)
    timer = setTimeout(() => void look(), WAIT_MS)
  }
  void look()

  return {
    state,
    search,
    toggle(userId) {
      const { chosen, found } = state.get()
      const without = chosen.filter((one) => one.userId !== userId)
      const one = found.find((other) => other.userId === userId)
      put({ chosen: without.length < chosen.length ? without : one ? [...chosen, one] : chosen })
    },
    async open(groupName) {
      const people = state.get().chosen.map((one) => one.userId)
      const { failure: _, ...rest } = state.get()
      state.set({ ...rest, busy: true })
      try {
        const opened =
          people.length === 1
            ? await openDirect(session.request, people[0]!)
            : await openGroup(session.request, people)
        await arrived(session.client, opened.room_id)
        // The group is there: a name that cannot be sent now must not undo it.
        if (people.length > 1 && groupName.trim() !== '')
          await channels.groupNames.rename(opened.room_id, groupName).catch(() => undefined)
        put({ busy: false })
        return { roomId: opened.room_id, notReached: opened.not_reached }
      } catch (error) {
        put({ busy: false, failure: failureOf(error) })
        return undefined
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** The people of one's channels, by name, institution, country and the topics shared with them. */
function knownPeople(session: Session): Map<string, { contact: Contact; words: string[] }> {
  const known = new Map<string, { contact: Contact; words: string[] }>()
  for (const room of session.client.getRooms()) {
    if (room.getMyMembership() !== 'join' || room.isSpaceRoom()) continue
    const { topic, known: isTopic } = topicOf(session, room)
    const label = isTopic ? topicLabel(topic) : { es: '', en: '' }
    for (const person of session.people.members(room.roomId)) {
      if (person.userId === session.userId || person.membership !== 'join') continue
      const before = known.get(person.userId)
      const contact = {
        userId: person.userId,
        name: person.name,
        ...(person.institution ? { institution: person.institution } : {}),
        ...(person.institutionName ? { institutionName: person.institutionName } : {}),
        ...(person.country ? { country: person.country } : {}),
      }
      const words = [person.name, person.userId, person.institutionName ?? '', label.es, label.en].flatMap(
        wordsOf,
      )
      known.set(person.userId, { contact, words: [...(before?.words ?? []), ...words] })
    }
  }
  return known
}
