/**
 * What is not there and what is not yours look the same: every endpoint of Enlace's own, asked for a thing of another institution
 * of the same node and for one that was never made. Driven by the route table: a route whose ids nobody has placed here fails.
 */
import { createHash } from 'node:crypto'
import { type EscalationStage, escalationContent, escalationEventType } from '@enlace/coordination'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { z } from 'zod'
import type { Route } from '../http/route.ts'
import { by, type CaseNode, type Person, startCaseNode } from './cases.ts'
import { addPasskey, ORIGIN, proofOf } from './sign-in.ts'

const API = '/_enlace/client/v1'
type Json = Record<string, unknown>
type Pair = { real: string; absent: string }

let kit: CaseNode
let chief: Person
/** Of another institution, with what a coordinator may; in no room. */
let stranger: Person
let clerk: Person
let suspended: Person
const things: Record<string, Pair> = {}

/** An id of the same form that nobody gave out. */
function neverMade(id: string): string {
  const noise = createHash('sha512').update(id).digest('hex')
  let at = 0
  const [mark, body] = /^[!$@]/.test(id) ? [id[0]!, id.slice(1)] : ['', id]
  const colon = body.indexOf(':')
  const local = colon < 0 ? body : body.slice(0, colon)
  return (
    mark +
    local.replace(/[0-9A-Za-z](?=.)|[0-9a-z]$/g, () => noise[at++ % noise.length]!) +
    body.slice(local.length)
  )
}
const pair = (real: unknown): Pair => {
  if (typeof real !== 'string' || real === '') throw new Error(`nothing was made: ${JSON.stringify(real)}`)
  const absent = neverMade(real)
  if (absent === real) throw new Error(`no other id like ${real}`)
  return { real, absent }
}

const ask = async (who: Person, method: string, path: string, body?: Json): Promise<Json> => {
  const answer = await kit.call(who, method, path, body)
  if (answer.status !== 200)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

beforeAll(async () => {
  kit = await startCaseNode({
    public_base_url: ORIGIN,
    alerts: { web_push: { contact: 'mailto:ops@example.org' } },
  })
  chief = kit.chief
  stranger = await kit.person('ajena', 'gt-malo', 'coordinator')
  clerk = await kit.person('vecina', 'gt-malo', 'staff')
  suspended = await kit.person('afuera', 'gt-malo', 'coordinator')
  await kit.node.ctx.accounts.suspend(suspended.userId, stranger.userId, 'perdió el teléfono')
  const { shelter, registrar, roomId } = kit

  things['room'] = pair(roomId)
  things['person'] = pair(chief.userId)
  const caseId = await kit.open()
  things['case'] = pair(caseId)
  const author = await kit.join('autora', 'hn-senaf', 'staff')
  const written = await kit.send(author, 'm.room.encrypted', {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: 'cifrado',
    session_id: 's',
  })
  things['event'] = pair(written.body['event_id'])

  const chain: EscalationStage[] = [
    { level: 'focal_point', institutions: ['hn-registro'], roles: ['staff'], within_ms: 3_600_000 },
  ]
  const raised = await kit.send(
    shelter,
    escalationEventType,
    escalationContent(String(written.body['event_id']), { cause: 'person', chain, by: by(shelter) }),
  )
  things['escalation'] = pair(raised.body['event_id'])

  const rung = await vi.waitUntil(
    async () => ((await ask(registrar, 'GET', `${API}/alerts`))['alerts'] as Json[])[0],
    { timeout: 60_000, interval: 50 },
  )
  things['alert'] = pair(rung['id'])

  await ask(await kit.join('colega', 'hn-senaf', 'staff'), 'POST', `${API}/reports`, {
    room_id: roomId,
    event_id: written.body['event_id'],
    reason: 'fraud',
    named: false,
    disclosed: false,
  })
  const desk = await ask(chief, 'GET', `${API}/institution/reports`)
  const report = String((desk['reports'] as Json[])[0]!['id'])
  things['report'] = pair(report)
  await ask(chief, 'POST', `${API}/institution/reports/${report}/take`, {})
  await ask(chief, 'POST', `${API}/institution/reports/${report}/decide`, {
    act: 'warn',
    reason: 'no se escribe así',
  })
  const decided = await ask(author, 'GET', `${API}/decisions`)
  things['decision'] = pair((decided['decisions'] as Json[])[0]!['id'])

  const invited = await ask(chief, 'POST', `${API}/institution/invitations`, {
    people: [{ localpart: 'nueva', role: 'staff' }],
  })
  things['invitation'] = pair(/"id":"([^"]+)"/.exec(JSON.stringify(invited))?.[1])

  const upload = await ask(chief, 'POST', `${API}/media/uploads`, { size: 5_000 })
  things['media'] = pair(
    String(upload['content_uri'] ?? upload['media_id'])
      .split('/')
      .at(-1),
  )
  const feed = await ask(chief, 'POST', `${API}/duty/feeds`, { kind: 'person' })
  things['feed'] = pair(feed['id'])
  for (const one of ['segunda', 'tercera']) await kit.join(one, 'hn-senaf', 'coordinator')
  await ask(chief, 'POST', `${API}/envelopes/asks`, {
    envelope: '0123456789abcdef',
    public_key: 'A'.repeat(87),
  })
  const { own } = (await ask(chief, 'GET', `${API}/envelopes`)) as { own: Json[] }
  things['ask'] = pair(own[0]!['id'])
  const official = await kit.join('oficial', 'hn-registro', 'official')
  const grant = await ask(official, 'POST', `${API}/exports/cases`, {
    case_ids: [caseId],
    purpose: 'court',
    auth: proofOf(official.userId),
  })
  things['grant'] = pair(grant['grant'])
  await addPasskey(kit.node, { ...chief, deviceId: '' })
  things['passkey'] = pair((await kit.node.ctx.factors.of(chief.userId)).passkeys[0]!.id)
}, 240_000)
afterAll(() => kit?.node.close())

/**
 * What an id of a path, query or body names, by the words before it. `open`: said to everybody who is signed in, or to whoever has
 * the id; `own`: looked for among what is the asker's or their institution's, nowhere else.
 */
const NAMES: readonly (readonly [RegExp, string | { open: string } | { own: string }])[] = [
  [/:roomId$|\broom(_id)?$/, 'room'],
  [/:caseId$|\bcase(_ids?)?$/, 'case'],
  [/:eventId$|\bevents?(_id)?$/, 'event'],
  [
    /conversations(\/check user_ids| with)$/,
    {
      open: 'who belongs to an institution may look up people of others; that others may not is tested below',
    },
  ],
  [/:userId$|\b(person|user_id|user_ids|shifts_to|cases_to|successor|taker)$/, 'person'],
  [/:mediaId$/, 'media'],
  [/passkeys\/:id$/, 'passkey'],
  [/asks\/:id$/, 'ask'],
  [/invitations\/(:id$|.*\bid$)/, 'invitation'],
  [/escalations\/:id$/, 'escalation'],
  [/institution\/reports\/:id$/, 'report'],
  [/decisions\/:id$/, 'decision'],
  [/alerts\/:id$/, 'alert'],
  [/feeds\/:id$/, 'feed'],
  [/calendar\/:file/, { open: 'the name is the secret: whoever has it may read' }],
  [/\bgrant$/, 'grant'],
  [/push-subscriptions\/:id$/, { own: 'by account' }],
  [/swaps\/:id$/, { own: 'in the book of the institution' }],
  [/departures\/:id$/, { own: 'by institution, before anything is said' }],
  [/sign-in\/device\/:code$/, { open: 'whoever has read the code off the other device may let it in' }],
  [/providers\/:id$/, { open: 'the page for signing in names them' }],
  [/(:channel|:collection)$/, { open: 'a word of the protocol' }],
  [/hsds\/:collection\/:id$/, { open: 'the directory is everybody’s' }],
  [/(:key|:institution)$/, { open: 'institutions are in the directory' }],
  [/proposals\/:id$/, { open: 'of an entry of the directory, to whoever keeps it up' }],
  [/trust\/.*:(file|folder)$/, { open: 'the federation list is public' }],
  [
    /device_id$|retention\/erasures\/confirm ids|secret$|token$|client_id$|directory\/.* id$/,
    { own: 'or a secret' },
  ],
]
const nameOf = (where: string) => NAMES.find(([pattern]) => pattern.test(where))?.[1]

/** What else a body or a query must have for somebody to look at its ids. */
const SAMPLES: Record<string, unknown> = {
  action: 'accept',
  act: 'close',
  channel: 'client',
  confirmation: 'A'.repeat(43),
  disclosed: false,
  envelope: '0123456789abcdef',
  format: 'csv',
  hours: 24,
  key: 'A'.repeat(43),
  manifest_sha256: 'a'.repeat(64),
  master_key: 'A'.repeat(43),
  name: 'de la oficina',
  named: false,
  offset: '0',
  outcome: 'upheld',
  public_key: 'A'.repeat(87),
  purpose: 'court',
  reason: 'una razón que se entiende',
  role: 'staff',
  sealed: 'A'.repeat(40),
  secret: 'A'.repeat(43),
  servers: [],
  size: 5_000,
  words: 'una frase que se entiende',
}
const SAMPLES_AT: readonly (readonly [RegExp, Json])[] = [
  [/POST .*\/v1\/reports$/, { reason: 'fraud' }],
  [/cases\/reference/, { kind: 'birth_certificate' }],
  [/key-acts/, { act: 'keys_given' }],
  [/retention\/preview/, { shorter: { messages: 30 } }],
  [/duty\/swaps$/, { position: 'guardia', from_ts: 1, to_ts: 2 }],
  [/duty\/hand-overs/, { position: 'guardia', items: [] }],
  [/invitations\/accept/, { username: 'nueva', password: 'una contraseña bien larga' }],
  [/invitations\/passkey/, { username: 'nueva' }],
  [/measures/, { group: 'month' }],
]

type Slot = { where: 'path' | 'query' | 'body'; name: string; kind: string }
type Asked = { route: Route; path: string; slots: Slot[] }
const IDS = /(^|_)(ids?|room|case|person|events?|grant|token|secret|taker|successor|with)$|[a-z]_to$/

const shapeOf = (schema: z.ZodType | undefined): Record<string, z.ZodType> => {
  const known = schema as unknown as { shape?: Record<string, z.ZodType>; options?: z.ZodType[] } | undefined
  return known?.shape ?? Object.assign({}, ...(known?.options ?? []).map(shapeOf))
}

const isOurs = (path: string) => /\/_enlace\/|org\.enlace/.test(path)

function table(): { asked: Asked[]; unplaced: string[] } {
  const asked: Asked[] = []
  const unplaced: string[] = []
  for (const route of kit.node.routes)
    for (const path of [route.path].flat().filter(isOurs)) {
      const slots: Slot[] = []
      const place = (where: Slot['where'], name: string, words: string) => {
        const kind = nameOf(words)
        if (kind === undefined) unplaced.push(`${route.method} ${path}: ${name}`)
        else if (typeof kind === 'string') slots.push({ where, name, kind })
      }
      for (const [whole, name] of path.matchAll(/:(\w+)/g))
        place('path', name!, path.slice(0, path.indexOf(whole) + whole.length))
      for (const where of ['query', 'body'] as const)
        for (const name of Object.keys(shapeOf(route[where])))
          if (IDS.test(name)) place(where, name, `${path} ${name}`)
      if (slots.length > 0) asked.push({ route, path, slots })
    }
  return { asked, unplaced }
}

test('every id of every endpoint is placed', () => {
  expect(table().unplaced).toEqual([])
})

const OTHER: Record<string, string> = { eventId: '$x', id: 'x', key: 'hn-senaf', channel: 'email' }

/** One request, with the thing, or the things, that are there or not. */
async function say(who: Person | undefined, { route, path, slots }: Asked, which: keyof Pair) {
  const auth = who && proofOf(who.userId)
  const what = `${route.method} ${path}`
  const more = Object.assign(
    {},
    ...SAMPLES_AT.flatMap(([pattern, sample]) => (pattern.test(what) ? [sample] : [])),
  ) as Json
  const wordFor = ({ kind }: Slot) => things[kind]![which]
  const given = (where: Slot['where']): Json => {
    const shape = shapeOf(route[where as 'query' | 'body'])
    const values: Json = {}
    for (const name of Object.keys(shape)) {
      const slot = slots.find((one) => one.where === where && one.name === name)
      if (slot) values[name] = /_ids$|^ids$/.test(name) ? [wordFor(slot)] : wordFor(slot)
      else if (name in more) values[name] = more[name]
      else if (name === 'auth') values[name] = auth
      else if (name in SAMPLES && !shape[name]!.safeParse(undefined).success) values[name] = SAMPLES[name]
    }
    return values
  }
  const filled = path.replace(/:(\w+)/g, (_whole, name: string) => {
    const slot = slots.find((one) => one.where === 'path' && one.name === name)
    return encodeURIComponent(slot ? wordFor(slot) : (OTHER[name] ?? 'x'))
  })
  const query = new URLSearchParams(given('query') as Record<string, string>).toString()
  const answer = await kit.node.call(route.method, filled + (query ? `?${query}` : ''), {
    ...(who ? { token: who.token } : {}),
    ...(route.method === 'GET' ? {} : { body: route.body ? given('body') : {} }),
  })
  const { 'org.enlace.request_id': _, session: _session, now: _now, ...body } = answer.body
  let text = JSON.stringify(
    answer.headers.get('content-type')?.startsWith('application/json') ? body : answer.bytes.toString(),
  )
  for (const slot of slots) text = text.replaceAll(wordFor(slot), slot.kind.toUpperCase())
  return { status: answer.status, errcode: String(answer.body['errcode'] ?? ''), text }
}

const ASKERS: Record<string, () => Person | undefined> = {
  'coordinator of another institution': () => stranger,
  'staff of another institution': () => clerk,
  'somebody of no institution': () => kit.guest,
  'a suspended coordinator': () => suspended,
  'nobody who is signed in': () => undefined,
}

test('hostile: what is somebody else’s and what was never made look the same', async () => {
  const { asked } = table()
  expect(asked.length).toBeGreaterThan(40)
  const different: string[] = []
  const unread: string[] = []
  for (const one of asked)
    for (const [name, who] of Object.entries(ASKERS)) {
      const real = await say(who(), one, 'real')
      const absent = await say(who(), one, 'absent')
      const what = `${one.route.method} ${one.path} (${name})`
      if (real.text !== absent.text || real.status !== absent.status)
        different.push(
          `${what}: ${real.status} ${real.text.slice(0, 200)} / ${absent.status} ${absent.text.slice(0, 200)}`,
        )
      if (
        who() === stranger &&
        /M_BAD_JSON|_PARAM/.test(real.errcode) &&
        /[Ii]nvalid|expected/.test(real.text)
      )
        unread.push(`${what}: ${real.text.slice(0, 300)}`)
    }
  expect(different).toEqual([])
  // Whose body was not even understood says nothing of ids.
  expect(unread).toEqual([])
}, 240_000)

test('hostile: whoever belongs to no institution cannot look up who does', async () => {
  const told = async (which: keyof Pair) => {
    const other = things['person']![which]
    const answers = [
      await kit.call(kit.guest, 'POST', `${API}/conversations/check`, { user_ids: [other] }),
      await kit.call(kit.guest, 'POST', `${API}/conversations`, { kind: 'direct', with: other }),
      await kit.call(kit.guest, 'POST', `${API}/conversations`, { kind: 'group', with: [other] }),
    ]
    return answers.map(({ status, body: { 'org.enlace.request_id': _, ...body } }) => [
      status,
      JSON.stringify(body).replaceAll(other, 'PERSON'),
    ])
  }
  expect(await told('real')).toEqual(await told('absent'))
  expect(JSON.stringify(await told('real'))).not.toContain('hn-senaf')
})
