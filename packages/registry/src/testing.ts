import type { Storage, StoredList } from './storage.ts'

/** A storage in memory that keeps what the database would, for tests that are not about the database. */
export function memoryStorage(): Storage & { lists: Map<number, StoredList>; down: boolean } {
  const entries = new Map<string, { json: string; at: Date }>()
  const lists = new Map<number, StoredList>()
  return {
    lists,
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
    async ping() {
      return !this.down
    },
    async close() {},
  }
}
