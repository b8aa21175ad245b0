/** For tests that hold the cost of something: what a node asks of its database meanwhile. */
import type { Connection } from 'mongoose'
import type { Context } from '../context.ts'

/** How often each `collection.method` was called, and all together. */
export type OperationCount = { total: number; by: Record<string, number> }

/**
 * Counts the calls of the driver while `work` runs, through mongoose's own events. What the node does by itself at that
 * time (summaries every second) counts too: do the work often enough that it does not matter.
 */
export async function countOperations(
  ctx: Pick<Context, 'db'>,
  work: () => Promise<unknown>,
  /** Calls that come by the clock and say nothing about the work: `collection.method`. */
  { except = [] }: { except?: readonly string[] } = {},
): Promise<OperationCount> {
  const count: OperationCount = { total: 0, by: {} }
  const onStart = ({ collectionName, method }: { collectionName: string; method: string }) => {
    const name = `${collectionName}.${method}`
    if (except.includes(name)) return
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
