/** Figures of real nodes, and that what looks at them (docker/) looks at figures that there are. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { createMetrics } from './metrics.ts'

const DOCKER = new URL('../../../../docker/', import.meta.url)
/** Prometheus' own. */
const GIVEN = { metrics: new Set(['up']), labels: new Set(['job', 'instance', 'le']) }

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let roomId: string
let token: string
let userId: string
let folder: string
const TOKEN = 'cifras-de-la-prueba'

beforeAll(async () => {
  world = await federatedWorld()
  folder = await mkdtemp(join(tmpdir(), 'enlace-figures-'))
  await writeFile(join(folder, 'token'), TOKEN)
  const figures = { metrics_token_file: join(folder, 'token') }
  ;[hn, gt] = [await world.node('hn', { rate_limits: 'on', ...figures }), await world.node('gt', figures)]
  const [ana, juez] = [await hn.register('ana'), await gt.register('juez')]
  ;({ token, userId } = ana)
  roomId = String(
    (await hn.call('POST', '/createRoom', { token, body: { preset: 'public_chat' } }))['room_id'],
  )
  const path = `/join/${encodeURIComponent(roomId)}?server_name=${encodeURIComponent(hn.serverName)}`
  await gt.call('POST', path, { token: juez.token, body: {} })
  await send('hola')
  await eventually('accepted by the partner', async () =>
    (await hn.ctx.federation.delivery(roomId)).every(({ pending }) => pending.length === 0),
  )
  for (let index = 0; index < 12; index++)
    await hn.call('POST', '/login', { body: { type: 'm.login.token' }, allowed: true })
  await hn.call('GET', '/_matrix/nothing/here', { allowed: true })
  // Nobody of that name is there.
  await hn.call('GET', `/directory/room/${encodeURIComponent('#x:made-up.localhost:1')}`, {
    token,
    allowed: true,
  })
})
afterAll(async () => {
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

const send = (txn: string) =>
  hn.call('PUT', `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txn}`, {
    token,
    body: { msgtype: 'm.text', body: 'x' },
  })

type Sample = { name: string; labels: Record<string, string>; value: number }

async function figures(
  node: FederatedNode,
): Promise<{ samples: Sample[]; names: Set<string>; text: string }> {
  const text = await (
    await fetch(`${node.clientUrl}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  ).text()
  const names = new Set<string>()
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_${part}`)
    else if (type === 'summary') for (const part of ['sum', 'count']) names.add(`${name}_${part}`)
    else names.add(name!)
  }
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels = '', value]) => ({
    name: name!,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1]!, match[2]!]),
    ),
    value: Number(value),
  }))
  return { samples, names, text }
}

const found = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}) =>
  samples.filter(
    (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )

test('requests are counted by pattern, never by what stands in their paths', async () => {
  const { samples, text } = await figures(hn)
  const route = '/_matrix/client/v3/rooms/:roomId/send/:eventType/:txnId'
  expect(
    found(samples, 'enlace_http_request_seconds_count', { route, method: 'PUT', status: '2xx' })[0]?.value,
  ).toBe(1)
  expect(
    found(samples, 'enlace_http_request_seconds_count', { route: 'unknown', status: '4xx' })[0]?.value,
  ).toBe(1)
  expect(found(samples, 'enlace_http_rate_limited_total', { bucket: 'login' })[0]?.value).toBe(2)
  for (const word of [roomId, encodeURIComponent(roomId), userId, 'ana', 'hola', 'nothing'])
    expect(text).not.toContain(word)
})

test('partners are told apart once they are real; made-up ones are one', async () => {
  const { samples } = await figures(hn)
  const name = 'enlace_federation_request_seconds_count'
  expect(found(samples, name, { destination: gt.serverName, outcome: 'answered' })[0]!.value).toBeGreaterThan(
    0,
  )
  expect(found(samples, name, { destination: 'other', outcome: 'unreachable' })[0]!.value).toBe(1)
  expect(samples.filter(({ labels }) => labels['destination']?.includes('made-up'))).toEqual([])
  expect(found(samples, 'enlace_outbox_lag_seconds', { destination: gt.serverName })[0]!.value).toBe(0)
  const asked = found((await figures(gt)).samples, 'enlace_http_request_seconds_count', {
    route: '/_matrix/federation/v1/send/:txnId',
    status: '2xx',
  })
  expect(asked[0]!.value).toBeGreaterThan(0)
})

test('what a partner that is away has not taken is as old as it is', async () => {
  await gt.stop()
  try {
    await send('adios')
    await eventually('some age', async () => {
      const { samples } = await figures(hn)
      return found(samples, 'enlace_outbox_lag_seconds', { destination: gt.serverName })[0]!.value > 0
    })
  } finally {
    await gt.start()
  }
  await eventually('caught up', async () => {
    const { samples } = await figures(hn)
    return found(samples, 'enlace_outbox_lag_seconds', { destination: gt.serverName })[0]!.value === 0
  })
})

test('the database, connections, the event loop and the log are measured', async () => {
  const { samples } = await figures(hn)
  const command = found(samples, 'enlace_database_command_seconds_count', {
    command: 'insert',
    outcome: 'ok',
  })
  expect(command.map(({ labels }) => labels['collection'])).toContain('accounts')
  expect(found(samples, 'enlace_http_connections')[0]!.value).toBeGreaterThan(0)
  expect(found(samples, 'enlace_realtime_sessions')[0]!.value).toBe(0)
  expect(found(samples, 'enlace_stream_position')[0]!.value).toBe(hn.ctx.stream.stable)
  expect(found(samples, 'nodejs_eventloop_lag_p99_seconds')).toHaveLength(1)
})

test('names of partners are at most 50, whatever is asked for', async () => {
  const metrics = createMetrics()
  for (let index = 0; index < 80; index++)
    metrics.federationRequest({ destination: `s${index}.example`, listed: true, outcome: 'answered' }, 5)
  metrics.request({ method: 'BREW', route: 'unknown', via: 'http', status: 405 }, 1)
  const { text } = await metrics.render()
  const named = new Set([...text.matchAll(/destination="([^"]+)"/g)].map((match) => match[1]))
  expect(named.size).toBe(51)
  expect(named.has('other')).toBe(true)
  expect(text).toContain('method="other"')
})

test('a figure of each is of at most 100, and gone when it is no longer given', async () => {
  const metrics = createMetrics()
  let count = 150
  metrics.gaugeOfEach('x', 'x', 'name', () =>
    Array.from({ length: count }, (_, index) => ({ label: `n${index}`, value: index })),
  )
  const lines = async () => [...(await metrics.render()).text.matchAll(/^x\{/gm)].length
  expect(await lines()).toBe(100)
  count = 1
  expect(await lines()).toBe(1)
})

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string().regex(/ \/ /) }),
        }),
      ),
    }),
  ),
})
const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      type: z.string(),
      targets: z.array(z.object({ expr: z.string() })).optional(),
    }),
  ),
})

/** Metrics and labels that an expression names. @throws where it is no PromQL */
function namesIn(expression: string): { metrics: string[]; labels: string[] } {
  const text = expression.replaceAll('$__rate_interval', '5m')
  const names = { metrics: [] as string[], labels: [] as string[] }
  const textOf = ({ from, to }: { from: number; to: number }) => text.slice(from, to)
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${text}`)
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector')
        names.metrics.push(textOf(node))
      if (node.name === 'LabelName') names.labels.push(textOf(node))
    },
  })
  return names
}

test('every alert and every panel looks at figures that a node gives, by labels that they have', async () => {
  const rules = rulesSchema
    .parse(parseYaml(await readFile(new URL('prometheus/alerts.yaml', DOCKER), 'utf8')))
    .groups.flatMap((group) => group.rules)
  const dashboard = dashboardSchema.parse(
    JSON.parse(await readFile(new URL('grafana/enlace.json', DOCKER), 'utf8')),
  )
  const readme = await readFile(new URL('README.md', DOCKER), 'utf8')
  const { names, samples } = await figures(hn)
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  const looked = [
    ...rules.map(({ alert, expr }) => ({ what: alert, expr })),
    ...panels.flatMap(({ title, targets }) => targets!.map(({ expr }) => ({ what: title, expr }))),
  ]
  expect(rules.length).toBeGreaterThan(8)
  expect(panels.length).toBeGreaterThan(12)
  const missing: string[] = []
  for (const { what, expr } of looked) {
    const { metrics, labels } = namesIn(expr)
    expect(metrics.length, what).toBeGreaterThan(0)
    for (const name of metrics)
      if (!names.has(name) && !GIVEN.metrics.has(name)) missing.push(`${what}: ${name}`)
    const having = samples.filter(({ name }) => metrics.includes(name))
    const known = new Set(having.flatMap((one) => Object.keys(one.labels)))
    // A figure of each of none has no labels to compare.
    if (having.length > 0)
      for (const label of labels)
        if (!known.has(label) && !GIVEN.labels.has(label)) missing.push(`${what}: label ${label}`)
  }
  expect(missing).toEqual([])
  for (const { alert } of rules) expect(readme, alert).toContain(`**${alert}**`)
  expect(() => namesIn('sum(rate(x[5m])')).toThrow('no PromQL')
  expect(namesIn('sum by (a) (rate(x{b="c"}[5m])) > y').metrics).toEqual(['x', 'y'])
})
