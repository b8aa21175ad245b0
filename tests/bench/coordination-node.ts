/**
 * A node under measure for cases and escalations: the program an operator runs, filled from within, with a clock for its
 * chains that the bench moves. Answers commands of its parent, one at a time.
 */
import {
  type CaseRow,
  caseEventType,
  escalationEventType,
  escalationStepEventType,
} from '@enlace/coordination'
import { createHomeserver } from '@enlace/homeserver'
import { loadConfig } from '@enlace/homeserver/config'
import { benchChain, benchPeople, type Command, caseEvents } from './coordination-data.ts'

const IN_FLIGHT = 32
let offset = 0
let timersMs = 0

const homeserver = await createHomeserver(await loadConfig(process.argv[2]!), {
  overrides: {
    clock: () => ({ now: () => Date.now() + offset, monotonic: () => performance.now() }),
    escalations: async (_ctx, standard) => {
      const escalations = await standard()
      return {
        ...escalations,
        async start() {
          const began = performance.now()
          await escalations.start()
          timersMs = performance.now() - began
        },
      }
    },
  },
  async beforeListening(ctx) {
    for (const person of benchPeople)
      if (!(await ctx.accounts.exists(`@${person.localpart}:${ctx.serverName}`)))
        await ctx.accounts.create({ ...person, password: 'una contraseña de prueba larga' })
  },
})
const { ctx } = homeserver
const userId = (localpart: string) => `@${localpart}:${ctx.serverName}`

/** Steps that were taken: of which call, and when. */
const steps: { id: string; at: number }[] = []
ctx.stream.subscribe((entries) => {
  for (const entry of entries) {
    if (entry.kind !== 'event' || entry.event.pdu.type !== escalationStepEventType) continue
    const { content, origin_server_ts } = entry.event.pdu
    steps.push({
      id: String((content['m.relates_to'] as { event_id: string }).event_id),
      at: origin_server_ts,
    })
  }
})

/** Work done a number of times, so many at once. @returns milliseconds */
async function many(count: number, work: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const began = performance.now()
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  return performance.now() - began
}

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'cases': {
      const ms = await many(command.count, async (index) => {
        const { sender, content, steps } = caseEvents(index, Date.now())
        const opened = await ctx.rooms.send({
          roomId: command.room,
          sender: userId(sender),
          type: caseEventType,
          content,
        })

        let last: string | undefined
        for (const one of steps(opened.eventId)) {
          const after = last === undefined ? {} : { after: [last] }
          const sent = await ctx.rooms.send({
            roomId: command.room,
            sender: userId(one.sender),
            type: one.type,
            content: { ...one.content, ...after },
          })
          last = sent.eventId
        }
      })
      await ctx.cases.settled()
      return ms
    }
    case 'chains': {
      // Raised in the past, each a little later than the one before: they fall due one after the other.
      const now = ctx.escalations.clock.now()
      await many(command.count, (index) =>
        ctx.rooms.send({
          roomId: command.room,
          sender: userId('albergue'),
          type: escalationEventType,
          content: {
            'm.relates_to': { rel_type: 'm.reference', event_id: `$bench${index}` },
            priority: 'urgent',
            chain: benchChain,
          },
          originServerTs: Math.round(
            now + command.firstMs + index * command.everyMs - benchChain[0]!.within_ms,
          ),
        }),
      )
      await ctx.escalations.settled()
      return ctx.escalations.store.about.size
    }
    case 'bare-find': {
      const cases = ctx.db.connection.collection('cases')
      const times: number[] = []
      for (let turn = 0; turn < command.times; turn++) {
        const began = performance.now()
        const docs = await cases.find({ ended: false }).sort({ changed_ts: 1 }).limit(command.limit).toArray()
        for (const doc of docs) JSON.parse(doc['row']) as CaseRow
        times.push(performance.now() - began)
      }
      return times
    }
    case 'bare-send':
      return many(command.count, (index) =>
        ctx.rooms.send({
          roomId: command.room,
          sender: userId('albergue'),
          type: 'm.room.encrypted',
          content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: `${index}` },
        }),
      )
    case 'jump': {
      offset += command.ms
      const began = performance.now()
      await ctx.escalations.tick()
      await ctx.escalations.settled()
      return performance.now() - began
    }
    case 'timers':
      return timersMs
    case 'cpu': {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    }
    case 'jump-to-first': {
      let first = Number.POSITIVE_INFINITY
      for (const { next_step_ts } of ctx.escalations.store.about.values())
        first = Math.min(first, next_step_ts ?? first)
      offset += first - command.beforeMs - ctx.escalations.clock.now()
      return offset
    }
    case 'lateness': {
      const late: number[] = []
      for (const { id, at } of steps.splice(0)) {
        const raised = await ctx.rooms.event(id)
        late.push(at - raised!.pdu.origin_server_ts - benchChain[0]!.within_ms)
      }
      return late
    }
    case 'close':
      await homeserver.close()
      return 'closed'
  }
}

process.on('message', (command: Command) => {
  run(command).then(
    (value) => process.send?.({ value }, () => command.do === 'close' && process.exit(0)),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
process.on('disconnect', () => process.exit(1))
process.send?.('ready')
