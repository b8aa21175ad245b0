/** Mails that say how much waits and nothing else, to a real mail server. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AlertNode, alertNode, confirmAddresses, type Person, reachable } from '../testing/alerts.ts'
import { mailServer } from '../testing/receivers.ts'
import { mondayOf } from './digests.ts'

const HOUR_MS = 3_600_000
/** Ten in the morning in Honduras, a Wednesday. */
const MORNING = Date.parse('2026-03-04T16:00:00Z')
const enc = encodeURIComponent

let mail: Awaited<ReturnType<typeof mailServer>>
let node: AlertNode
let ana: Person
let bea: Person
let room: string
let sent = 0

const api = async (who: Person, method: string, path: string, body?: unknown) => {
  const answer = await node.call(method, path, who, body)
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(200)
  return answer.body
}
const write = async () => {
  sent += 1
  await api(bea, 'PUT', `/_matrix/client/v3/rooms/${enc(room)}/send/m.room.message/t${sent}`, {
    msgtype: 'm.text',
    body: 'El nombre de la niña',
  })
}
const settings = async (more: Record<string, unknown> = {}) => {
  await api(ana, 'PUT', '/_enlace/client/v1/alert-channels', reachable(more))
  await confirmAddresses(node, ana)
}
/** As a mail program reads it: quoted-printable taken back. */
const mails = () =>
  mail.mails.map(({ source, to }) =>
    Buffer.from(
      `${to.join()}\n${source.replaceAll(/=\r?\n/g, '')}`.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
      'latin1',
    ).toString(),
  )

beforeAll(async () => {
  mail = await mailServer()
  node = await alertNode(
    {
      alerts: {
        public_url: 'https://enlace.example/',
        smtp: { url: `smtp://127.0.0.1:${mail.port}`, from: 'Enlace <enlace@hn.example>' },
      },
    },
    { now: MORNING },
  )
  ana = await node.register('ana')
  bea = await node.register('bea')
  const made = await api(bea, 'POST', '/_matrix/client/v3/createRoom', {
    preset: 'private_chat',
    name: 'Niñez',
    invite: [ana.userId],
  })
  room = String(made['room_id'])
  await api(ana, 'POST', `/_matrix/client/v3/join/${enc(room)}`, {})
  await api(ana, 'GET', '/_matrix/client/v3/sync?timeout=0')
})
afterAll(async () => {
  await node.close()
  await mail.close()
})

test('whoever is away is written to once, how much waits and nothing of what', async () => {
  await settings()
  await write()
  await write()
  await node.ctx.digests.run()
  expect(mails()).toEqual([])
  node.clock.advance(9 * HOUR_MS)
  await node.ctx.digests.run()
  await node.ctx.digests.run()
  await expect.poll(() => mails().length).toBe(1)
  const [text] = mails()
  expect(text).toContain('2 mensajes sin leer')
  expect(text).toContain('en 1 canal o conversación')
  expect(text).toContain('2 unread messages')
  for (const secret of ['niña', 'Niñez', 'bea', room]) expect(text).not.toContain(secret)
  await write()
  node.clock.advance(HOUR_MS)
  await node.ctx.digests.run()
  await node.ctx.alerts.trim()
  expect(mails()).toHaveLength(1)
  // No client shows it.
  expect((await api(ana, 'GET', '/_enlace/client/v1/alerts'))['alerts']).toEqual([])
})

test('after they were there a new absence is a new one; not at night, and not where it is switched off', async () => {
  await api(ana, 'GET', '/_matrix/client/v3/sync?timeout=0')
  await write()
  node.clock.advance(9 * HOUR_MS)
  await settings({ on: { web_push: true, email: true, webhook: true, digest: false } })
  await node.ctx.digests.run()
  const night = {
    start: '00:00',
    end: '23:59',
    time_zone: 'America/Tegucigalpa',
    weekdays: [1, 2, 3, 4, 5, 6, 7],
  }
  await settings({ quiet_hours: night })
  await node.ctx.digests.run()
  expect(mails()).toHaveLength(1)
  await settings()
  node.clock.advance(9 * HOUR_MS)
  await node.ctx.digests.run()
  await expect.poll(() => mails().length).toBe(2)
})

test('a switch of before it counts as on, and an address nobody confirmed gets nothing', async () => {
  await api(bea, 'PUT', '/_enlace/client/v1/alert-channels', reachable({ email: 'bea@registro.example' }))
  const { on } = await api(bea, 'GET', '/_enlace/client/v1/alert-channels')
  expect(on).toMatchObject({ digest: true })
  await api(ana, 'PUT', `/_matrix/client/v3/rooms/${enc(room)}/send/m.room.message/z`, {
    msgtype: 'm.text',
    body: 'x',
  })
  node.clock.advance(20 * HOUR_MS)
  await node.ctx.digests.run()
  await node.ctx.alerts.trim()
  expect(mails().filter((text) => text.includes('bea@registro.example'))).toEqual([])
})

test('the week begins on Monday at seven of both countries, and is still told on Tuesday', () => {
  expect(mondayOf(Date.parse('2026-11-30T12:59:00Z'))).toBeUndefined()
  expect(mondayOf(Date.parse('2026-11-30T13:00:00Z'))).toBe('2026-11-30')
  expect(mondayOf(Date.parse('2026-12-02T05:59:00Z'))).toBe('2026-11-30')
  expect(mondayOf(Date.parse('2026-12-02T06:00:00Z'))).toBeUndefined()
  expect(mondayOf(Date.parse('2026-11-29T20:00:00Z'))).toBeUndefined()
})
