/**
 * A flood, and what honest people notice of it: the demo network as an operator would run it (limits on, passwords hashed
 * at full cost), a few people who write and read at their pace, and beside them each flood alone and all at once.
 */
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { escalationContent, escalationEventType } from '@enlace/coordination'
import { freePorts, removeData, startDevNetwork } from '@enlace/dev-network'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, type Session } from '@enlace/dev-network/matrix'
import { startPartner } from '../support/partner.ts'
import { benchChain } from './coordination-data.ts'
import { pause, percentile, say } from './figures.ts'

const SECONDS = 8
/** Requests that have no answer yet, of each flood: a flood does not wait, but it is bounded here. */
const MAX_OPEN = 400
/** How long honest people, and what a flood left behind, are waited for. */
const PATIENCE_MS = 15_000

type Figures = {
  sends: number[]
  arrivals: number[] /** Of a processor, taken by the node that honest people use. */
  busy: number
}
type Flood = { name: string; perSecond: number; once(index: number): Promise<{ ok: boolean }> }
const cipher = (text: string) => ({
  algorithm: 'm.megolm.v1.aes-sha2',
  ciphertext: Buffer.from(text).toString('base64').replaceAll('=', ''),
})

export async function benchFlood(): Promise<void> {
  say('\nFlood: what honest people notice, two nodes with limits on, passwords hashed at full cost')
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-bench-'))
  const [port] = await freePorts(1)
  const visitor = { institution: 'gt-capmir-izabal', role: 'staff' } as const
  const network = await startDevNetwork({
    dataDir,
    ports: 'ephemeral',
    extraServers: [{ server_name: `socio.localhost:${port}`, institutions: [visitor.institution] }],
  })
  const { hn, gt } = network
  const partner = await startPartner(dataDir, port!)
  try {
    const channel = await call(
      await login(hn.baseUrl, 'registro.hn', DEMO_PASSWORD),
      'GET',
      `/directory/room/${encodeURIComponent(`#documentation:${hn.serverName}`)}`,
    )
    const room = encodeURIComponent(String(channel['room_id']))
    const send = (who: Session, type: string, txn: string, content: object) =>
      call(who, 'PUT', `/rooms/${room}/send/${type}/${txn}`, content)
    const signIn = (node: typeof hn, names: readonly string[]) =>
      Promise.all(names.map((name) => login(node.baseUrl, name, DEMO_PASSWORD)))
    const [writer, reader, caller] = (await signIn(hn, ['registro.hn', 'recepcion.hn', 'consulado.hn'])) as [
      Session,
      Session,
      Session,
    ]
    const strangers = await signIn(gt, ['registro.gt', 'albergue.gt', 'coordinacion.gt', 'oficial.gt'])

    // A partner whose program knows no measure, with a good key and a person who is rightly in the channel.
    partner.people.set('visita', visitor)
    await call(await login(hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD), 'POST', `/rooms/${room}/invite`, {
      user_id: `@visita:${partner.serverName}`,
    })
    const address = { serverName: hn.serverName, port: Number(hn.serverName.split(':')[1]) }
    const joined = await partner.join(address, decodeURIComponent(room), 'visita')
    const raw = () => {
      const { pdu, id } = joined.event(cipher('x'.repeat(400)), {
        before: (draft) => Object.assign(draft, { type: 'm.room.encrypted' }),
      })
      joined.advance(id, pdu.depth)
      return pdu
    }

    const floods: Flood[] = [
      {
        name: '10 urgent calls/s',
        perSecond: 10,
        async once(index) {
          const about = await send(caller, 'm.room.encrypted', `a${index}-${Date.now()}`, cipher(`${index}`))
          const content = escalationContent(String(about['event_id']), {
            cause: 'person',
            chain: benchChain,
            by: { institution: 'hn-sreci', role: 'staff' },
          })
          return tried(send(caller, escalationEventType, `c${index}-${Date.now()}`, content))
        },
      },
      {
        name: '50 logins/s',
        perSecond: 50,
        once: (index) =>
          tried(
            fetch(`${hn.baseUrl}/_matrix/client/v3/login`, {
              method: 'POST',
              // Each from an address of its own, as a rented network would.
              headers: {
                'Content-Type': 'application/json',
                'X-Forwarded-For': `10.${(index >> 8) & 255}.${index & 255}.7`,
              },
              body: JSON.stringify({
                type: 'm.login.password',
                identifier: { type: 'm.id.user', user: index % 2 === 0 ? 'oficial.hn' : `nadie${index}` },
                password: `adivinada ${index}`,
              }),
            }).then((answer) => {
              if (answer.status === 429) throw new Error('limited')
            }),
          ),
      },
      {
        name: 'a partner’s 100 PDUs/s',
        perSecond: 100,
        once: (index) =>
          tried(
            send(
              strangers[index % strangers.length]!,
              'm.room.encrypted',
              `p${index}-${Date.now()}`,
              cipher('x'.repeat(400)),
            ),
          ),
      },
      {
        name: 'one’s 20 × 50 PDUs/s',
        perSecond: 20,
        once: () =>
          partner
            .send(address, Array.from({ length: 50 }, raw))
            .then(({ status }) => ({ ok: status === 200 })),
      },
    ]
    const place = { writer, reader, room, send, pid: hn.process.pid! }
    await measure(place, [])
    const quiet = await measure(place, [])
    line('nobody else', quiet.figures, quiet.figures)
    const [usual, beyond] = [floods.slice(0, 3), floods.slice(3)]
    for (const chosen of [...usual.map((one) => [one]), usual, beyond]) {
      const { figures, done } = await measure(place, chosen)
      line(
        chosen.length > 1 ? 'all of it at once' : chosen[0]!.name,
        figures,
        quiet.figures,
        done.map(({ ok, sent }) => `${ok} of ${sent} taken`).join(', '),
      )
      // What is still on its way belongs to this measure, not to the next.
      await pause(3_000)
    }
  } finally {
    await partner.close()
    await network.close()
    await removeData(dataDir)
  }
}

const tried = (work: Promise<unknown>) =>
  work.then(
    () => ({ ok: true }),
    () => ({ ok: false }),
  )

function line(name: string, { sends, arrivals, busy }: Figures, quiet: Figures, note = ''): void {
  const figure = (times: readonly number[], base: readonly number[]) =>
    [0.5, 0.99]
      .map((share) => {
        const ms = percentile(times, share)
        if (!Number.isFinite(ms)) return `p${share * 100} not within the measure`
        return `p${share * 100} ${ms.toFixed(0)} ms (x${(ms / percentile(base, share)).toFixed(1)})`
      })
      .join(', ')
  say(
    `  ${name.padEnd(24)} send ${figure(sends, quiet.sends)}; sync ${figure(arrivals, quiet.arrivals)}; node ${Math.round(busy * 100)} % of a processor  ${note}`,
  )
}

/** Time a process has had on processors; 0 where there is no /proc. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // In hundredths of a second, as Linux tells it to programs.
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10
}

/** Five messages a second of honest people, and when another reads them by `/sync`, while floods run. */
type Place = {
  writer: Session
  reader: Session
  room: string
  send(who: Session, type: string, txn: string, content: object): Promise<Record<string, unknown>>
  pid: number
}

async function measure(
  { writer, reader, room, send, pid }: Place,
  floods: readonly Flood[],
): Promise<{ figures: Figures; done: { ok: number; sent: number }[] }> {
  const figures: Figures = { sends: [], arrivals: [], busy: 0 }
  const began = new Map<string, number>()
  const arrived = new Map<string, number>()
  let running = true
  const filter = encodeURIComponent(
    JSON.stringify({ room: { timeline: { limit: 200, senders: [writer.userId] } }, presence: { types: [] } }),
  )
  let { next_batch: since } = await call(reader, 'GET', `/sync?timeout=0&filter=${filter}`)
  const reading = (async () => {
    while (running) {
      const body = await call(reader, 'GET', `/sync?timeout=1000&filter=${filter}&since=${String(since)}`)
      since = body['next_batch']
      const joined = (
        body['rooms'] as { join?: Record<string, { timeline?: { events: { event_id: string }[] } }> }
      )?.join?.[decodeURIComponent(room)]
      for (const { event_id } of joined?.timeline?.events ?? []) arrived.set(event_id, performance.now())
    }
  })()
  const flooding = floods.map(async ({ perSecond, once }) => {
    const count = { ok: 0, sent: 0 }
    const open = new Set<Promise<void>>()
    const start = performance.now()
    while (running) {
      const due = ((performance.now() - start) / 1_000) * perSecond
      while (count.sent < due && open.size < MAX_OPEN) {
        const one: Promise<void> = once(count.sent++).then(
          ({ ok }) => {
            if (ok) count.ok += 1
            open.delete(one)
          },
          () => void open.delete(one),
        )
        open.add(one)
      }
      await pause(10)
    }
    await Promise.race([Promise.all(open), pause(PATIENCE_MS)])
    return count
  })
  const sending: Promise<void>[] = []
  const [startedAt, cpuBefore] = [performance.now(), await cpuMs(pid)]
  for (let index = 0; index < SECONDS * 5; index++) {
    await pause(200)
    const start = performance.now()
    const sent = send(writer, 'm.room.encrypted', `h${index}-${Date.now()}`, cipher(`h${index}`)).then(
      (answer) => {
        figures.sends.push(performance.now() - start)
        began.set(String(answer['event_id']), start)
      },
    )
    sending.push(sent)
  }
  figures.busy = ((await cpuMs(pid)) - cpuBefore) / (performance.now() - startedAt)
  await Promise.race([Promise.all(sending), pause(PATIENCE_MS)])
  // Who still waits has waited at least that long.
  while (figures.sends.length < sending.length) figures.sends.push(PATIENCE_MS)
  const until = performance.now() + PATIENCE_MS
  while ([...began.keys()].some((id) => !arrived.has(id)) && performance.now() < until) await pause(20)
  running = false
  const done = await Promise.all(flooding)
  await reading
  for (const [id, start] of began)
    figures.arrivals.push((arrived.get(id) ?? Number.POSITIVE_INFINITY) - start)
  figures.sends.sort((a, b) => a - b)
  figures.arrivals.sort((a, b) => a - b)
  return { figures, done }
}
