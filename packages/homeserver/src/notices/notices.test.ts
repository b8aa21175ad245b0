/** Web Push for messages, to a push service that decrypts (RFC 8291) and checks who sent it (RFC 8292). */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AlertNode, alertNode, type Person, temporaryFolder } from '../testing/alerts.ts'
import { pushService } from '../testing/receivers.ts'
import { roomMark } from './notices.ts'

const HOUR_MS = 3_600_000
/** Ten at night in Honduras. */
const NIGHT = Date.parse('2026-03-05T04:00:00Z')
const enc = encodeURIComponent

let folder: string
let push: Awaited<ReturnType<typeof pushService>>
let node: AlertNode
let ana: Person
let bea: Person
let room: string
let phone: ReturnType<typeof push.browser>
let sent = 0

const api = async (who: Person, method: string, path: string, body?: unknown) => {
  const answer = await node.call(
    method,
    path.startsWith('/_') ? path : `/_matrix/client/v3${path}`,
    who,
    body,
  )
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(200)
  return answer.body
}
const encrypted = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgA', session_id: 's', device_id: 'D' }
const write = async (who = bea) => {
  sent += 1
  await api(who, 'PUT', `/rooms/${enc(room)}/send/m.room.encrypted/t${sent}`, encrypted)
  await node.ctx.notices.settled()
}
const quiet = (quiet_hours: unknown) =>
  api(ana, 'PUT', '/_enlace/client/v1/alert-channels', {
    email: null,
    phone: null,
    on: { web_push: true, email: false, webhook: false },
    quiet_hours,
  })
const mute = async (until: number) => {
  await api(ana, 'PUT', `/user/${enc(ana.userId)}/rooms/${enc(room)}/account_data/org.enlace.mute`, { until })
  await api(ana, 'PUT', `/pushrules/global/override/${enc(room)}`, {
    conditions: [{ kind: 'event_match', key: 'room_id', pattern: room }],
    actions: [],
  })
}
const unmute = () => api(ana, 'DELETE', `/pushrules/global/override/${enc(room)}`)
const said = () => push.requests.map(({ body }) => JSON.parse(phone.decrypt(body)) as Record<string, unknown>)

beforeAll(async () => {
  folder = await temporaryFolder()
  push = await pushService(folder)
  node = await alertNode(
    {
      federation: { list: 'open', trusted_ca: [push.caFile], allow_private_addresses: true },
      alerts: { web_push: { contact: 'mailto:soporte@hn.example' } },
    },
    { now: NIGHT },
  )
  ana = await node.register('ana')
  bea = await node.register('bea')
  phone = push.browser('telefono')
  await api(ana, 'POST', '/_enlace/client/v1/alert-channels/push-subscriptions', phone.subscription)
  const made = await api(bea, 'POST', '/createRoom', { preset: 'private_chat', name: 'Niñez' })
  room = String(made['room_id'])
})
afterAll(async () => {
  await node?.close()
  await push?.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  push.requests.length = 0
})

test('an invitation, and then each message: which channel and how many, and nothing else', async () => {
  await api(bea, 'POST', `/rooms/${enc(room)}/invite`, { user_id: ana.userId })
  await node.ctx.notices.settled()
  expect(said()).toEqual([{ kind: 'invitation', room: roomMark(room), n: 1 }])
  await api(ana, 'POST', `/join/${enc(room)}`, {})
  push.requests.length = 0

  await write()
  await write()
  expect(said()).toEqual([1, 2].map((n) => ({ kind: 'messages', room: roomMark(room), n })))
  const [first] = push.requests
  const offered = await api(ana, 'GET', '/_enlace/client/v1/alert-channels')
  expect(push.sender(first!, String(offered['vapid_public_key'])).sub).toBe('mailto:soporte@hn.example')
  // The later takes the place of the earlier; the service sees one length, and neither room nor person.
  expect(new Set(push.requests.map(({ headers }) => headers['topic']))).toEqual(new Set([roomMark(room)]))
  expect(new Set(push.requests.map(({ body }) => body.length)).size).toBe(1)
  expect(JSON.stringify(push.requests.map(({ headers, path }) => [headers, path]))).not.toMatch(
    /ana|bea|Niñez|!/,
  )

  await write(ana)
  expect(push.requests).toHaveLength(2)
})

test('the person’s rules decide, and a mute ends by itself', async () => {
  await mute(0)
  await write()
  expect(push.requests).toEqual([])
  await mute(NIGHT + HOUR_MS)
  await write()
  expect(push.requests).toEqual([])
  node.clock.set(NIGHT + HOUR_MS + 1)
  await write()
  expect(push.requests).toHaveLength(1)
  await unmute()
  node.clock.set(NIGHT)
  // Mentions alone: in what is encrypted the node finds none, and says once an hour that something waits.
  await api(ana, 'PUT', `/pushrules/global/room/${enc(room)}`, { actions: [] })
  push.requests.length = 0
  await write()
  await write()
  expect(said()).toEqual([{ kind: 'unread', room: roomMark(room) }])
  node.clock.set(NIGHT + HOUR_MS + 2)
  await write()
  expect(push.requests).toHaveLength(2)
  // Silent is silent, whatever the level is.
  node.clock.set(NIGHT + 3 * HOUR_MS)
  await mute(0)
  await write()
  expect(push.requests).toHaveLength(2)
  await unmute()
  node.clock.set(NIGHT)
  await api(ana, 'DELETE', `/pushrules/global/room/${enc(room)}`)
})

test('quiet hours are kept, and what was read elsewhere is not told', async () => {
  await quiet({
    start: '21:00',
    end: '06:00',
    time_zone: 'America/Tegucigalpa',
    weekdays: [1, 2, 3, 4, 5, 6, 7],
  })
  await write()
  expect(push.requests).toEqual([])
  await quiet(null)
  await write()
  expect(push.requests).toHaveLength(1)
})

test('a browser that is gone is forgotten', async () => {
  push.behaviour.next = [{ status: 410 }]
  await write()
  expect(await node.ctx.alerts.own.subscriptions(ana.userId)).toEqual([])
  await write()
  expect(push.requests).toHaveLength(1)
})
