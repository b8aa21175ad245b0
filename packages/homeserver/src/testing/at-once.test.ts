/** Hostile: whoever has an account asks for everything at once, and for what a node must not be led to. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_SUBSCRIPTIONS } from '../alerts/settings.ts'
import { directoryOf, startTestNode, type TestNode } from './node.ts'

const API = '/_enlace/client/v1'
type Person = Awaited<ReturnType<TestNode['register']>>
let node: TestNode
let ana: Person
let beto: Person
let chief: Person

beforeAll(async () => {
  node = await startTestNode(
    { alerts: { web_push: { contact: 'mailto:a@hn.example' }, public_url: 'http://localhost' } },
    { overrides: { directory: () => directoryOf({ 'hn-rnp': { kind: 'civil_registry', country: 'HN' } }) } },
  )
  ana = await node.register('ana')
  beto = await node.register('beto')
  chief = await node.register('jefa')
  await node.ctx.accounts.setPosition(ana.userId, { institution: 'hn-rnp', role: 'staff' })
  await node.ctx.accounts.setPosition(chief.userId, { institution: 'hn-rnp', role: 'coordinator' })
})
afterAll(() => node.close())

const point = () => Buffer.concat([Buffer.of(4), randomBytes(64)]).toString('base64url')
const subscription = (endpoint: string) => ({
  endpoint,
  keys: { p256dh: point(), auth: randomBytes(16).toString('base64url') },
})
const pusher = (url: string, pushkey = 'k') => ({
  app_id: 'org.example.app',
  app_display_name: 'App',
  device_display_name: 'Teléfono',
  kind: 'http',
  lang: 'es',
  pushkey,
  append: true,
  data: { url, format: 'event_id_only' },
})

describe('a limit is one, however many ask at the same moment', () => {
  /** How many of fifty at once are granted. */
  async function granted(ask: (at: number) => Promise<{ status: number }>, count = 50): Promise<number> {
    const answers = await Promise.all(Array.from({ length: count }, (_, at) => ask(at)))
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    return answers.filter(({ status }) => status === 200).length
  }
  const post = (path: string, body: object) => node.call('POST', path, { token: ana.token, body })

  test('uploads that are begun, in either way', async () => {
    const both = await granted((at) =>
      at % 2 === 0 ? post(`${API}/media/uploads`, { size: 10 }) : post('/_matrix/media/v1/create', {}),
    )
    expect(both).toBe(20)
  })

  test('browsers and telephones that are told', async () => {
    expect(
      await granted((at) =>
        post(`${API}/alert-channels/push-subscriptions`, subscription(`https://push.example.org/${at}`)),
      ),
    ).toBe(MAX_SUBSCRIPTIONS)
    const pushers = await granted(
      (at) => post('/pushers/set', pusher('https://push.example.org/_matrix/push/v1/notify', `k${at}`)),
      80,
    )
    const kept = await node.call('GET', '/pushers', { token: ana.token })
    expect(kept.body['pushers']).toHaveLength(pushers)
    expect(pushers).toBeLessThan(80)
  })

  test('reports', async () => {
    const { body } = await post('/createRoom', { preset: 'public_chat' })
    const room = encodeURIComponent(String(body['room_id']))
    await node.call('POST', `/join/${room}`, { token: beto.token, body: {} })
    const events = await Promise.all(
      Array.from({ length: 36 }, async (_, at) => {
        const sent = await node.call('PUT', `/rooms/${room}/send/m.room.message/r${at}`, {
          token: beto.token,
          body: { msgtype: 'm.text', body: 'x' },
        })
        return String(sent.body['event_id'])
      }),
    )
    const report = (event_id: string) =>
      post(`${API}/reports`, {
        room_id: body['room_id'],
        event_id,
        reason: 'other',
        named: false,
        disclosed: false,
      })
    expect(await granted((at) => report(events[at]!), events.length)).toBe(30)
  })
})

describe('a node is not led into its own network', () => {
  const HOSTS = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0.0.0.0',
    '10.0.0.5',
    '169.254.169.254',
    '192.168.1.1',
    '100.64.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[fd00::1]',
    '[fe80::1]',
    '[64:ff9b::7f00:1]',
    'localhost',
    'otro.localhost',
    'localhost.',
    '127.0.0.1.',
  ]

  test('by the address of a browser or a telephone', async () => {
    for (const host of HOSTS) {
      const browser = await node.call('POST', `${API}/alert-channels/push-subscriptions`, {
        token: beto.token,
        body: subscription(`https://${host}:8443/x`),
      })
      const phone = await node.call('POST', '/pushers/set', {
        token: beto.token,
        body: pusher(`https://${host}/_matrix/push/v1/notify`),
      })
      expect([host, browser.status, phone.status]).toEqual([host, 400, 400])
    }
  })

  test('and of somebody else’s browser nothing is learnt, and nothing changed', async () => {
    const endpoint = 'https://push.example.org/de-la-jefa'
    const { body } = await node.call('POST', `${API}/alert-channels/push-subscriptions`, {
      token: chief.token,
      body: subscription(endpoint),
    })
    const path = `${API}/alert-channels/push-subscriptions`
    const theirs = await node.call('DELETE', `${path}/${body['id']}`, { token: beto.token })
    const none = await node.call('DELETE', `${path}/${'A'.repeat(43)}`, { token: beto.token })
    expect([theirs.status, theirs.body['error']]).toEqual([none.status, none.body['error']])
    const { bytes } = await node.call('GET', `${API}/alert-channels`, { token: chief.token })
    expect(bytes.toString()).not.toContain('push.example.org')
    expect(bytes.toString()).toContain(String(body['id']))
  })
})
