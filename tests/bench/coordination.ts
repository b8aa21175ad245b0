/** Cases and escalations at the size of a year: 10,000 of each in one node. */
import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  byUrgency,
  caseEventType,
  caseRow,
  corridorSpaceRequest,
  escalationEventType,
  escalationStepEventType,
  flagsOf,
  matches,
  reduceCases,
  reduceEscalations,
  spaceChild,
  type TimelineEvent,
  topicChannelRequest,
} from '@enlace/coordination'
import { freePorts } from '@enlace/dev-network'
import { matrixRequest } from '@enlace/dev-network/matrix'
import { benchChain, benchPeople, type Command, caseEvents } from './coordination-data.ts'
import { pause, percentile, residentMiB, say, spread } from './figures.ts'

const COUNT = 10_000
const TURNS = 200
const EVERY_MS = 50
const PASSWORD = 'una contraseña de prueba larga'
const HOUR = 3_600_000

async function benchFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-bench-'))
  const [port] = await freePorts(1)
  const serverName = 'banco.localhost'
  const config = join(folder, 'node.yaml')
  await writeFile(
    config,
    JSON.stringify({
      server_name: serverName,
      data_dir: join(folder, 'data'),
      listeners: [{ port, serves: ['client'] }],
      rate_limits: 'off',
      password_hash: { memory_kib: 64, passes: 1 },
      log_level: 'warn',
      institutions: [...new Set(benchPeople.map((one) => one.institution))],
    }),
  )
  const baseUrl = `http://127.0.0.1:${port}`

  /** Starts the node on the folder's data. */
  async function start() {
    const child = fork(fileURLToPath(new URL('./coordination-node.ts', import.meta.url)), [config])
    const answer = () =>
      new Promise<unknown>((done, fail) => {
        child.once('message', done)
        child.once('exit', (code) => fail(new Error(`the node under measure ended (${code})`)))
      })
    await answer()
    return {
      pid: child.pid!,
      async tell<T>(command: Command): Promise<T> {
        const answered = answer()
        child.send(command)
        const { value, error } = (await answered) as { value?: unknown; error?: string }
        if (error) throw new Error(error)
        return value as T
      },
    }
  }

  async function signIn(localpart: string) {
    const { access_token } = await matrixRequest(baseUrl, 'POST', '/_matrix/client/v3/login', {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: localpart },
      password: PASSWORD,
    })
    return (method: string, path: string, body?: unknown) =>
      matrixRequest(baseUrl, method, path, body, String(access_token))
  }

  async function makeRoom(): Promise<string> {
    const coordinator = await signIn('coordinacion')
    const others = benchPeople.slice(1).map((one) => `@${one.localpart}:${serverName}`)
    const creator = `@coordinacion:${serverName}`
    const client = '/_matrix/client/v3'
    const team = { creator, coordinators: [creator] }
    const space = await coordinator(
      'POST',
      `${client}/createRoom`,
      corridorSpaceRequest({ ...team, name: 'Corredor' }),
    )
    const corridor = String(space['room_id'])
    const { room_id } = await coordinator(
      'POST',
      `${client}/createRoom`,
      topicChannelRequest('documentation', {
        ...team,
        corridor,
        via: [serverName],
        invite: others,
      }),
    )
    const child = spaceChild(String(room_id), [serverName])
    const key = encodeURIComponent(child.state_key)
    await coordinator(
      'PUT',
      `${client}/rooms/${encodeURIComponent(corridor)}/state/${child.type}/${key}`,
      child.content,
    )
    for (const { localpart } of benchPeople.slice(1))
      await (await signIn(localpart))(
        'POST',
        `/_matrix/client/v3/join/${encodeURIComponent(String(room_id))}`,
        {},
      )
    return String(room_id)
  }

  return { start, signIn, makeRoom, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function timed(turns: number, work: (turn: number) => unknown): Promise<number[]> {
  const times: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const began = performance.now()
    await work(turn)
    times.push(performance.now() - began)
  }
  return times
}

export async function benchCases(): Promise<void> {
  say(`\nCases: a board of ${COUNT.toLocaleString('en')} cases in one node, over HTTP`)
  const folder = await benchFolder()
  try {
    const node = await folder.start()
    const room = await folder.makeRoom()
    const filled = await node.tell<number>({ do: 'cases', room, count: COUNT })
    const events = COUNT + Math.floor(COUNT / 6) * 15
    const registrar = await folder.signIn('registro')
    const board = (query: string) => registrar('GET', `/_enlace/client/v1/cases?limit=100${query}`)
    const { total } = await board('')
    if (total !== COUNT) throw new Error(`${String(total)} cases instead of ${COUNT}`)
    await timed(20, () => board(''))

    const open = await timed(TURNS, () => board(''))
    const filters = ['&status=acknowledged,accepted', '&view=institution&priority=high', '&reference=00042']
    const filter = await timed(TURNS, (turn) => board(filters[turn % filters.length]!))
    const find = await node.tell<number[]>({ do: 'bare-find', times: TURNS, limit: 100 })
    const whole = await node.tell<number[]>({ do: 'bare-find', times: 20, limit: COUNT })
    const median = (times: number[]) =>
      percentile(
        times.sort((a, b) => a - b),
        0.5,
      )
    say(`  first page of 100 with all counts       ${spread(open)}`)
    say(`  filtered, by status, party, reference   ${spread(filter)}`)
    say(
      `  bare indexed find of 100 rows           ${spread(find)}   board / find ${(median(open) / median(find)).toFixed(1)}`,
    )
    say(
      `  bare find of all that is counted        ${spread(whole)}   board / find ${(median(open) / median(whole)).toFixed(2)}`,
    )
    say(
      `  case events projected per second        ${Math.round(events / (filled / 1000))}   (stored, reduced, on the board)`,
    )
    await node.tell({ do: 'close' })
    reducers()
  } finally {
    await folder.remove()
  }
}

/** The same as a browser does it: every event reduced, rows, flags, filter and order. */
function reducers(): void {
  const now = 1_800_000_000_000
  const at = (
    event_id: string,
    type: string,
    sender: string,
    content: unknown,
    ts: number,
  ): TimelineEvent => ({
    event_id,
    room_id: '!sala',
    type,
    sender: `@${sender}:banco.localhost`,
    origin_server_ts: ts,
    content,
  })
  const events: TimelineEvent[] = []
  for (let index = 0; index < COUNT; index++) {
    const id = `$caso${index}`
    const { sender, content, steps } = caseEvents(index, now)
    events.push(at(id, caseEventType, sender, content, now))
    for (const [place, one] of steps(id).entries()) {
      const after = place > 0 ? { after: [`$paso${index}-${place - 1}`] } : {}
      events.push(
        at(`$paso${index}-${place}`, one.type, one.sender, { ...one.content, ...after }, now + place),
      )
    }
  }
  const rate = (count: number, ms: number) => Math.round(count / (ms / 1000))
  let began = performance.now()
  const { cases } = reduceCases(events)
  const reduced = performance.now() - began
  began = performance.now()
  const rows = [...cases.values()].map(caseRow)
  const made = performance.now() - began
  const turn = () => {
    const shown = rows.filter((row) => matches(row, { priorities: ['high'] }, flagsOf(row, now, false)))
    shown.sort(byUrgency)
    return shown.length
  }
  const views = Array.from({ length: 50 }, () => {
    const start = performance.now()
    turn()
    return performance.now() - start
  })
  say(
    `  a browser reduces ${events.length} events           ${reduced.toFixed(0)} ms, ${rate(events.length, reduced)} events/s; rows ${made.toFixed(0)} ms`,
  )
  say(`  a browser filters and orders them       ${spread(views)}`)

  const chains: TimelineEvent[] = []
  for (let index = 0; index < COUNT; index++) {
    const id = `$llamado${index}`
    const about = { 'm.relates_to': { rel_type: 'm.reference', event_id: '$algo' } }
    chains.push(
      at(id, escalationEventType, 'albergue', { ...about, priority: 'urgent', chain: benchChain }, now),
    )
    const own = { 'm.relates_to': { rel_type: 'm.reference', event_id: id } }
    chains.push(
      at(
        `${id}-1`,
        escalationStepEventType,
        'albergue',
        { ...own, step: 1, because: 'unacknowledged' },
        now + HOUR,
      ),
    )
  }
  began = performance.now()
  reduceEscalations(chains)
  say(`  escalation events reduced per second    ${rate(chains.length, performance.now() - began)}`)
}

export async function benchEscalations(): Promise<void> {
  say(`\nEscalations: ${COUNT.toLocaleString('en')} open chains in one node`)
  const folder = await benchFolder()
  try {
    let node = await folder.start()
    const room = await folder.makeRoom()
    const empty = await node.tell<number>({ do: 'timers' })
    await node.tell({ do: 'bare-send', room, count: 500 })
    const bare = await node.tell<number>({ do: 'bare-send', room, count: 4_000 })
    const without = await idle(node)
    // Half an hour from now they begin to fall due, twenty a second.
    const open = await node.tell<number>({
      do: 'chains',
      room,
      count: COUNT,
      firstMs: HOUR / 2,
      everyMs: EVERY_MS,
    })
    if (open !== COUNT) throw new Error(`${open} chains instead of ${COUNT}`)
    await node.tell({ do: 'close' })

    node = await folder.start()
    const loaded = await node.tell<number>({ do: 'timers' })
    const withThem = await idle(node)
    say(
      `  timers loaded at start                  ${loaded.toFixed(0)} ms   (without any: ${empty.toFixed(0)} ms)`,
    )
    say(
      `  idle, CPU                               ${withThem.cpu.toFixed(0)} ms a minute   (without any: ${without.cpu.toFixed(0)} ms)`,
    )
    say(
      `  idle, memory                            ${withThem.memory.toFixed(0)} MiB   (without any: ${without.memory.toFixed(0)} MiB)`,
    )

    await node.tell({ do: 'jump-to-first', beforeMs: 1_000 })
    await pause(21_000)
    const late = await node.tell<number[]>({ do: 'lateness' })
    say(`  lateness of a step, 20 due a second     ${spread(late)} (${late.length} steps)`)
    // Two thousand at once, as after a clock was set right.
    const ms = await node.tell<number>({ do: 'jump', ms: 2_000 * EVERY_MS })
    const steps = (await node.tell<number[]>({ do: 'lateness' })).length
    const perSecond = (2 * steps) / (ms / 1000)
    say(
      `  ${String(steps).padEnd(5)} steps due at once               ${Math.round(steps / (ms / 1000))} steps a second, a call and an alert each; events / bare sends ${(perSecond / (4_000 / (bare / 1000))).toFixed(2)}`,
    )
    await node.tell({ do: 'close' })
  } finally {
    await folder.remove()
  }
}

async function idle(node: { pid: number; tell<T>(command: Command): Promise<T> }) {
  const memory = await residentMiB(node.pid)
  const before = await node.tell<number>({ do: 'cpu' })
  await pause(12_000)
  const cpu = ((await node.tell<number>({ do: 'cpu' })) - before) * 5
  return { memory, cpu }
}
