/** For tests that hold the cost of something: what a node asks of its database meanwhile. */
import type { Connection } from 'mongoose'
import type { Context } from '../context.ts'

/** How often each `collection.method` was called, and all together. */
export type OperationCount = { total: number; by: Record<string, number> }

/**
 * Counts the calls of the driver while `work` runs, through mongoose's own events. What others do at that time counts
 * too: end it, or `except` it by its name (`rooms.updateOne`).
 */
export async function countOperations(
  ctx: Pick<Context, 'db'>,
  work: () => Promise<unknown>,
  options: { except?: readonly string[] } = {},
): Promise<OperationCount> {
  const count: OperationCount = { total: 0, by: {} }
  const onStart = ({ collectionName, method }: { collectionName: string; method: string }) => {
    const name = `${collectionName}.${method}`
    if (options.except?.includes(name)) return
    count.total += 1
    count.by[name] = (count.by[name] ?? 0) + 1
  }
  const connection: Connection = ctx.db.connection
  connection.on('operation-start', onStart)
  try {
    await work()
  } finally {
    connection.off('operation-start', onStart)
  }
  return count
}
