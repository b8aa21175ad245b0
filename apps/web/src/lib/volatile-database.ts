import { type OwnDatabase, type OwnStore, ownStores } from './own-database.ts'
import { createStore } from './store.ts'
import { countsOf, lengthOf, type QueueSlot, queueSlots, type WaitingCounts } from './waiting.ts'

/** A device's own database for a computer that is to keep nothing: it is gone with the page. */
export function createVolatileDatabase(): OwnDatabase {
  const stores = new Map<OwnStore, Map<string, unknown>>(ownStores.map((store) => [store, new Map()]))
  const of = (store: OwnStore) => stores.get(store)!
  const sorted = (store: OwnStore) => [...of(store)].sort(([a], [b]) => (a < b ? -1 : 1))
  const waiting = createStore<WaitingCounts>({})
  const count = () => {
    const slots = Object.keys(queueSlots) as QueueSlot[]
    waiting.set(countsOf(new Map(slots.map((slot) => [slot, lengthOf(of('facts').get(slot))]))))
  }
  return {
    full: createStore(false),
    waiting,
    get: async (store, key) => of(store).get(key),
    all: async (store) => sorted(store).map(([, value]) => value),
    async put(store, key, value) {
      of(store).set(key, value)
      count()
    },
    async putAll(store, entries) {
      for (const [key, value] of entries) of(store).set(key, value)
      count()
    },
    async remove(store, keys) {
      for (const key of keys) of(store).delete(key)
      count()
    },
    async clear(store) {
      of(store).clear()
      count()
    },
    rewrite: async () => true,
    close: async () => undefined,
  }
}
