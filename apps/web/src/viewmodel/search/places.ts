/** People and cases: few enough to be looked through here, made ready when something about them is new. */
import { caseKinds } from '@enlace/coordination'
import type { MatrixClient } from 'matrix-js-sdk'
import type { Cases } from '../../model/cases/types.ts'
import type { People, Person } from '../../model/channels/types.ts'
import { createSearchDesk } from '../../model/search/search-desk.ts'
import { termsOf } from '../../model/search/terms.ts'
import type { DeskEntry, DeskQuery } from '../../model/search/types.ts'
import type { CaseFound, FoundIn, PersonFound } from './types.ts'

export function createPeoplePlace(client: MatrixClient, people: People) {
  const desk = createSearchDesk()
  let known = new Map<string, Person>()
  let version: number | undefined

  async function ready(): Promise<void> {
    if (version === people.version.get()) return
    version = people.version.get()
    known = new Map()
    for (const room of client.getRooms())
      if (room.getMyMembership() === 'join')
        for (const person of people.members(room.roomId)) known.set(person.userId, person)
    desk.close()
    await desk.put(
      [...known.values()].map(({ userId, name, institutionName = '' }) => ({
        id: userId,
        text: `${name}\n${institutionName}\n${userId.slice(1)}`,
        ts: 0,
      })),
    )
  }

  return {
    async find(text: string, limit: number): Promise<FoundIn<PersonFound>> {
      if (text.trim() === '') return { total: 0, shown: [] }
      await ready()
      const { total, hits } = await desk.find({ text, limit })
      return {
        total,
        shown: hits.flatMap(({ id, terms }) => {
          const person = known.get(id)
          return person ? [{ person, terms }] : []
        }),
      }
    },
  }
}

export function createCasePlace(client: MatrixClient, cases: Cases) {
  const desk = createSearchDesk()
  /** the lines of each case that answer */
  const lines = new Map<string, string[]>()
  let seen: unknown
  let version: number | undefined

  async function ready(): Promise<void> {
    const known = cases.known.get()
    if (seen === known && version === cases.detailsVersion.get()) return
    seen = known
    version = cases.detailsVersion.get()
    const institutions = cases.institutions.get()
    const entries: DeskEntry[] = []
    lines.clear()
    for (const state of known.values()) {
      const form = await cases.details(state.id).catch(() => undefined)
      const label = caseKinds[state.kind].label
      const names = [state.requesting, state.owner].map((key) => institutions.get(key)?.name ?? key)
      const told = [...Object.values(form?.values ?? {}), ...names].filter((one) => one !== '')
      lines.set(state.id, told)
      entries.push({
        id: state.id,
        text: [state.reference, label.es, label.en, ...told].join('\n'),
        ts: state.openedAt,
        room: state.roomId,
        sender: state.openedBy,
        kind: state.documents.length > 0 ? 'documents' : 'case',
      })
    }
    desk.close()
    await desk.put(entries)
  }

  return {
    async find(query: DeskQuery & { documents: boolean }): Promise<FoundIn<CaseFound>> {
      const { documents, ...asked } = query
      await ready()
      const kinds = documents ? ['documents'] : ['documents', 'case']
      const { total, hits } = await desk.find({ ...asked, kinds })
      const known = cases.known.get()
      return {
        total,
        shown: hits.flatMap(({ id, terms }) => {
          const state = known.get(id)
          if (!state || client.getRoom(state.roomId)?.getMyMembership() !== 'join') return []
          const found = new Set(terms)
          const because = lines.get(id)?.find((line) => termsOf(line).some((term) => found.has(term)))
          return [{ state, terms, ...(because === undefined ? {} : { because }) }]
        }),
      }
    },
  }
}
