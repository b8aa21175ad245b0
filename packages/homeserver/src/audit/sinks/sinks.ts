/**
 * Entries passed on to the operator's own systems, in order. How far each has come is kept on the disk and moves only when the
 * entries were taken: after a crash some come twice, with the same number, and none is left out. (Syslog has no acknowledgement: what
 * the other side's machine had taken and lost, nobody knows.)
 */
import type { Context } from '../../context.ts'
import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts'
import type { AuditModels, Entry } from '../types.ts'
import { createSyslogSink } from './syslog.ts'
import type { EntrySink } from './types.ts'
import { createWebhookSink } from './webhook.ts'

const BATCH = 200
const BACKOFF: BackoffPolicy = { firstMs: 1_000, longestMs: 10 * 60_000, jitter: { from: 0.7, to: 1 } }

export function startSinks(
  ctx: Pick<Context, 'config' | 'log' | 'serverName'>,
  { Entry, Sink }: Pick<AuditModels, 'Entry' | 'Sink'>,
): { wake(): void; close(): Promise<void> } {
  const { webhook, syslog } = ctx.config.audit
  const authorities = ctx.config.federation.trusted_ca
  const running: { wake(): void; close(): Promise<void> }[] = []
  if (webhook)
    running.push(run('webhook', createWebhookSink({ ...webhook, authorities, server: ctx.serverName })))
  if (syslog)
    running.push(run('syslog', createSyslogSink({ url: syslog.url, authorities, server: ctx.serverName })))

  function run(name: string, sink: EntrySink) {
    let closed = false
    let failures = 0
    let timer: NodeJS.Timeout | undefined
    let working: Promise<void> | undefined
    let again = false

    async function work(): Promise<void> {
      let seq = (await Sink.findById(name).lean())?.seq ?? 0
      while (!closed) {
        again = false
        const docs = await Entry.find({ _id: { $gt: seq } }, { line: 1 })
          .sort({ _id: 1 })
          .limit(BATCH)
          .lean()
        if (docs.length === 0) {
          if (again) continue
          return
        }
        await sink.give(docs.map(({ line }) => JSON.parse(line) as Entry))
        seq = docs.at(-1)!._id
        await Sink.updateOne({ _id: name }, { $set: { seq } }, { upsert: true })
        failures = 0
      }
    }

    function wake(): void {
      again = true
      if (closed || working || timer) return
      working = Promise.resolve()
        .then(work)
        .catch((error: unknown) => {
          failures += 1
          const wait = backoffMs(BACKOFF, failures)
          if (!closed)
            ctx.log.warn({ err: error, sink: name, failures }, 'entries of the audit log not passed on')
          timer = setTimeout(() => {
            timer = undefined
            wake()
          }, wait)
          timer.unref()
        })
        .finally(() => {
          working = undefined
          if (again && failures === 0 && !closed) wake()
        })
    }

    return {
      wake,
      async close() {
        closed = true
        clearTimeout(timer)
        await sink.close()
        await working?.catch(() => undefined)
      },
    }
  }

  return {
    wake: () => {
      for (const one of running) one.wake()
    },
    close: async () => void (await Promise.all(running.map((one) => one.close()))),
  }
}
