/** How long the database takes, from the driver's own events. */
import type { Connection } from 'mongoose'
import type { Metrics } from './types.ts'

export function watchDatabase(connection: Connection, metrics: Metrics): void {
  const running = new Map<number, { collection: string; began: number }>()
  const finish = (ok: boolean) => (event: { requestId: number; commandName: string }) => {
    const started = running.get(event.requestId)
    if (!started) return
    running.delete(event.requestId)
    const about = { command: event.commandName, collection: started.collection, ok }
    metrics.databaseCommand(about, performance.now() - started.began)
  }
  const client = connection.getClient()
  client.on('commandStarted', ({ requestId, commandName, command }) => {
    const named: unknown = commandName === 'getMore' ? command['collection'] : command[commandName]
    running.set(requestId, {
      collection: typeof named === 'string' ? named : 'none',
      began: performance.now(),
    })
  })
  client.on('commandSucceeded', finish(true))
  client.on('commandFailed', finish(false))
}
