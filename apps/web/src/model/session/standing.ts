import type { OwnDatabase } from '../../lib/own-database.ts'
import type { ReadableStore, Store } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { Me } from './records.ts'
import type { Connection, EnlaceApi } from './types.ts'

/** So often it is asked anew while somebody looks at the page. */
const ASK_MS = 60_000

/**
 * What the node says of this person: institution and role. What was heard last stands without a network; whoever is made
 * coordinator, or is one no longer, sees it without loading the page again.
 */
export function followStanding(given: {
  me: Store<Me | undefined>
  api: Pick<EnlaceApi, 'me'>
  database: Pick<OwnDatabase, 'get' | 'put'>
  connection: ReadableStore<Connection>
}): { load(): Promise<void>; close(): void } {
  const { me, api, database, connection } = given

  async function ask(): Promise<void> {
    const answer = await api.me().catch(() => undefined)
    if (answer === undefined || JSON.stringify(answer) === JSON.stringify(me.get())) return
    // Also on a device that has no room for it.
    await database.put('facts', 'me', answer).catch(() => undefined)
    me.set(answer)
  }
  const stop = everyWhileSeen(ASK_MS, () => {
    if (connection.get() === 'online') void ask()
  })

  return {
    async load() {
      const kept = await database.get('facts', 'me').catch(() => undefined)
      if (kept !== undefined && me.get() === undefined) me.set(kept as Me)
      await ask()
    },
    close: stop,
  }
}
