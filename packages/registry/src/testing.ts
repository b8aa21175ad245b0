import type { FederationListKeeper, UpdateVerdict } from '@enlace/trust'
import type { Storage, StoredList, StoredPublication } from './storage.ts'

/** A storage in memory that keeps what the database would, for tests that are not about the database. */
export function memoryStorage(): Storage & {
  lists: Map<number, StoredList>
  said: Map<string, StoredPublication>
  down: boolean
} {
  const entries = new Map<string, { json: string; at: Date }>()
  const lists = new Map<number, StoredList>()
  const said = new Map<string, StoredPublication>()
  return {
    lists,
    said,
    down: false,
    async syncInstitutions(institutions, now) {
      const times = new Map<string, Date>()
      for (const institution of institutions) {
        const json = JSON.stringify(institution)
        const before = entries.get(institution.key)
        const at = before?.json === json ? before.at : now
        entries.set(institution.key, { json, at })
        times.set(institution.key, at)
      }
      return times
    },
    async latestList() {
      return lists.get(Math.max(...lists.keys()))
    },
    async addList(list) {
      if (lists.has(list._id)) return false
      lists.set(list._id, list)
      return true
    },
    async publications() {
      return [...said.values()]
    },
    async addPublication(publication) {
      if (said.has(publication._id)) return false
      said.set(publication._id, publication)
      return true
    },
    async ping() {
      return !this.down
    },
    async close() {},
  }
}

/** Lets a keeper take what a registry has, as a node would. */
export async function takeFrom(
  url: string,
  keeper: FederationListKeeper,
  now = Date.now(),
): Promise<UpdateVerdict> {
  const steps = keeper.update(now)
  let step = steps.next()
  while (!step.done) {
    const response = await fetch(`${url}/trust/${step.value.path}`)
    step = steps.next(response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined)
  }
  return step.value
}
