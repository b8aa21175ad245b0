import { matchesWhole, matchesWords } from '@enlace/room-model'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import type { Condition, Ruleset } from './default-rules.ts'
import { evaluate, type Facts, holds, propertyAt } from './evaluate.ts'

type Json = Record<string, unknown>
type User = Awaited<ReturnType<TestNode['register']>>

describe('globs', () => {
  test.each([
    ['lunc?*', 'Lunch plans', true],
    ['lunc?*', ' lunch', false],
    ['lunc?*', 'lunc', false],
    ['*', '', true],
    ['a.b', 'axb', false],
    ['', '', true],
    ['', 'x', false],
  ])('%j on the whole of %j: %s', (pattern, text, expected) => {
    expect(matchesWhole(text, pattern)).toBe(expected)
  })

  test.each([
    ['ex*ple', 'An example event.', true],
    ['ex*ple', 'exple', true],
    ['ex*ple', 'An exciting triple-whammy', true],
    ['cake', 'cakes', false],
    ['cake', 'a CAKE!', true],
    ['cake', 'pan_cake', false],
    ['ñandú', 'el ñandú corre', true],
  ])('%j as words of %j: %s', (pattern, text, expected) => {
    expect(matchesWords(text, pattern)).toBe(expected)
  })

  test('agree with a regular expression, and end soon for the worst patterns', () => {
    const alphabet = fc.constantFrom('a', 'b', 'A', ' ', '_', '?', '*')
    fc.assert(
      fc.property(
        fc.string({ unit: alphabet, maxLength: 6 }),
        fc.string({ unit: alphabet, maxLength: 12 }),
        (pattern, text) => {
          const source = pattern.replace(/\*+/g, '.*').replace(/\?/g, '.')
          const exact = source.replace(/\.\./g, '..')
          expect(matchesWhole(text, pattern)).toBe(new RegExp(`^${exact}$`, 'is').test(text))
        },
      ),
    )
    expect(matchesWords(`${'a'.repeat(20_000)}!`, '*a*a*a*a*a*a*a*a*b')).toBe(false)
  })
})

describe('conditions', () => {
  const facts = (event: Json, more: Partial<Facts> = {}): Facts => ({
    event,
    roomId: '!r:hn',
    sender: '@s:hn',
    memberCount: 3,
    displayName: 'Ana López',
    senderMayNotify: () => false,
    ...more,
  })
  const check = (condition: Condition, event: Json = {}, more: Partial<Facts> = {}) =>
    holds(condition, facts(event, more))

  test('look at properties by escaped paths, exact values and lists', () => {
    const event = { content: { 'm.federate': true, list: ['a', 1, null], n: 1, s: '1' } }
    expect(propertyAt(event, 'content.m\\.federate')).toBe(true)
    expect(propertyAt(event, 'content.constructor')).toBeUndefined()
    expect(check({ kind: 'event_property_is', key: 'content.m\\.federate', value: true }, event)).toBe(true)
    expect(check({ kind: 'event_property_is', key: 'content.m\\.federate', value: 'true' }, event)).toBe(
      false,
    )
    expect(check({ kind: 'event_property_is', key: 'content.s', value: 1 }, event)).toBe(false)
    expect(check({ kind: 'event_property_is', key: 'content.none', value: null }, event)).toBe(false)
    expect(check({ kind: 'event_property_contains', key: 'content.list', value: null }, event)).toBe(true)
    expect(check({ kind: 'event_property_contains', key: 'content.list', value: '1' }, event)).toBe(false)
    expect(check({ kind: 'event_match', key: 'content.n', pattern: '*' }, event)).toBe(false)
  })

  test('count members, find names, ask for power; unknown kinds never hold', () => {
    const count = (is: string) => check({ kind: 'room_member_count', is })
    expect(['3', '==3', '<4', '>2', '<=3', '>=3'].map(count)).toEqual(Array(6).fill(true))
    expect(['2', '<3', '>3', 'x', '=3', ''].map(count)).toEqual(Array(6).fill(false))
    const body = { content: { body: 'Hola, ana lópez: mire' } }
    expect(check({ kind: 'contains_display_name' }, body)).toBe(true)
    expect(check({ kind: 'contains_display_name' }, body, { displayName: 'a*' })).toBe(false)
    expect(check({ kind: 'contains_display_name' }, body, { displayName: undefined })).toBe(false)
    expect(check({ kind: 'sender_notification_permission', key: 'room' })).toBe(false)
    expect(
      check({ kind: 'sender_notification_permission', key: 'room' }, {}, { senderMayNotify: () => true }),
    ).toBe(true)
    expect(check({ kind: 'org.example.new' })).toBe(false)
  })

  test('the first rule that matches decides, disabled ones do not count', () => {
    const rule = (rule_id: string, more: Json = {}) => ({
      rule_id,
      default: false,
      enabled: true,
      actions: ['notify'],
      ...more,
    })
    const rules = {
      override: [rule('off', { enabled: false, actions: ['notify', { set_tweak: 'highlight' }] })],
      content: [rule('c', { pattern: 'hola', actions: [] })],
      room: [rule('!r:hn')],
      sender: [],
      underride: [],
    } as Ruleset
    expect(evaluate(rules, facts({ content: { body: 'hola' } })).notify).toBe(false)
    expect(evaluate(rules, facts({ content: { body: 'otra' } }))).toMatchObject({
      notify: true,
      highlight: false,
    })
    const quiet = {
      ...rules,
      room: [rule('!r:hn', { actions: ['notify', { set_tweak: 'highlight', value: false }] })],
    }
    expect(evaluate(quiet as Ruleset, facts({})).highlight).toBe(false)
  })
})

describe('on a node', () => {
  let node: TestNode
  let count = 0
  beforeAll(async () => {
    node = await startTestNode()
  })
  afterAll(() => node.close())
  const newUser = () => node.register(`aviso${++count}`)
  const ask = (user: User, method: string, path: string, body?: Json) =>
    node.call(method, path, { token: user.token, ...(body ? { body } : {}) })

  async function pairInRoom() {
    const [ana, beto] = [await newUser(), await newUser()]
    const room = (await ask(ana, 'POST', '/createRoom', { preset: 'public_chat' })).body['room_id'] as string
    expect((await ask(beto, 'POST', `/rooms/${room}/join`, {})).status).toBe(200)
    let txn = 0
    const say = async (user: User, content: Json, type = 'm.room.message') =>
      (await ask(user, 'PUT', `/rooms/${room}/send/${type}/t${++txn}`, content)).body['event_id'] as string
    const unread = (user: User) => node.ctx.push.unread(user.userId, room)
    const read = (user: User, eventId: string, thread_id?: string, type = 'm.read') =>
      ask(user, 'POST', `/rooms/${room}/receipt/${type}/${eventId}`, thread_id ? { thread_id } : {})
    return { ana, beto, room, say, unread, read }
  }
  const text = (body: string, more: Json = {}) => ({ msgtype: 'm.text', body, ...more })
  const inThread = (event_id: string) => ({ 'm.relates_to': { rel_type: 'm.thread', event_id } })

  test('the rules of everyone are those of the specification, master first', async () => {
    const ana = await newUser()
    const { global } = (await ask(ana, 'GET', '/pushrules/')).body as { global: Ruleset }
    expect(global.override.map(({ rule_id }) => rule_id)).toEqual([
      '.m.rule.master',
      '.m.rule.suppress_notices',
      '.m.rule.invite_for_me',
      '.m.rule.member_event',
      '.m.rule.is_user_mention',
      '.m.rule.is_room_mention',
      '.m.rule.tombstone',
      '.m.rule.reaction',
      '.m.rule.room.server_acl',
      '.m.rule.suppress_edits',
    ])
    expect(global.underride.map(({ rule_id }) => rule_id)).toEqual([
      '.m.rule.call',
      '.m.rule.encrypted_room_one_to_one',
      '.m.rule.room_one_to_one',
      '.m.rule.message',
      '.m.rule.encrypted',
    ])
    expect([global.content, global.room, global.sender]).toEqual([[], [], []])
  })

  test('rules are added in place, changed, switched and removed, and devices hear of it', async () => {
    const ana = await newUser()
    const put = (path: string, body: Json) => ask(ana, 'PUT', `/pushrules/global/${path}`, body)
    const from = node.ctx.stream.stable
    expect((await put('content/uno', { pattern: 'uno', actions: ['notify'] })).status).toBe(200)
    await put('content/dos', { pattern: 'dos', actions: [] })
    await put('content/tres?after=uno', { pattern: 'tres', actions: ['dont_notify'] })
    await put('content/cero?before=dos', { pattern: 'cero', actions: [] })
    const ids = async () => {
      const { content } = (await ask(ana, 'GET', '/pushrules/global/')).body as unknown as Ruleset
      return content.map(({ rule_id }) => rule_id)
    }
    expect(await ids()).toEqual(['cero', 'dos', 'uno', 'tres'])
    await put('content/uno', { pattern: 'UNO', actions: ['notify'] })
    expect(await ids()).toEqual(['cero', 'dos', 'uno', 'tres'])
    expect((await ask(ana, 'GET', '/pushrules/global/content/tres')).body).toEqual({
      rule_id: 'tres',
      default: false,
      enabled: true,
      pattern: 'tres',
      actions: ['dont_notify'],
    })
    await put('content/tres/enabled', { enabled: false })
    expect((await ask(ana, 'GET', '/pushrules/global/content/tres/enabled')).body).toEqual({ enabled: false })
    await put('override/.m.rule.master/enabled', { enabled: true })
    expect((await ask(ana, 'GET', '/pushrules/global/override/.m.rule.master')).body['enabled']).toBe(true)
    await put('underride/.m.rule.message/actions', { actions: [] })
    expect((await ask(ana, 'GET', '/pushrules/global/underride/.m.rule.message/actions')).body).toEqual({
      actions: [],
    })
    expect((await ask(ana, 'DELETE', '/pushrules/global/content/dos')).status).toBe(200)
    expect(await ids()).toEqual(['cero', 'uno', 'tres'])
    const data = await node.ctx.accountData.since(ana.userId, from, node.ctx.stream.stable)
    expect(data.map(({ type }) => type)).toEqual(['m.push_rules'])

    const refused: [string, string, Json | undefined, number][] = [
      ['PUT', 'content/.dot', { pattern: 'x', actions: [] }, 400],
      ['PUT', 'content/nopattern', { actions: [] }, 400],
      ['PUT', 'content/x?before=nosuch', { pattern: 'x', actions: [] }, 404],
      ['PUT', 'wrongkind/x', { actions: [] }, 400],
      ['DELETE', 'override/.m.rule.master', undefined, 400],
      ['DELETE', 'room/!nosuch:hn', undefined, 404],
      ['PUT', 'content/nosuch/enabled', { enabled: true }, 404],
    ]
    for (const [method, path, body, status] of refused) {
      expect([path, (await ask(ana, method, `/pushrules/global/${path}`, body)).status]).toEqual([
        path,
        status,
      ])
    }
  })

  test('unread counts grow with messages, fall with receipts, public or private, and never rewind', async () => {
    const { ana, beto, say, unread, read } = await pairInRoom()
    const counts = async (user: User) => {
      const { notification_count, highlight_count } = await unread(user)
      return [notification_count, highlight_count]
    }
    expect(await counts(beto)).toEqual([0, 0])
    const one = await say(ana, text('uno'))
    const two = await say(ana, text('dos', { 'm.mentions': { user_ids: [beto.userId] } }))
    await say(ana, { msgtype: 'm.notice', body: 'aviso' })
    await say(ana, { 'm.relates_to': { rel_type: 'm.annotation', event_id: one, key: 'x' } }, 'm.reaction')
    await say(ana, { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' }, 'm.room.encrypted')
    expect(await counts(beto)).toEqual([3, 1])
    expect(await counts(ana)).toEqual([0, 0])
    await read(beto, two, undefined, 'm.read.private')
    expect(await counts(beto)).toEqual([1, 0])
    await read(beto, one)
    expect(await counts(beto)).toEqual([1, 0])
    await say(ana, text('más'))
    expect(await counts(beto)).toEqual([2, 0])
    // Who answers has read.
    await say(beto, text('respuesta'))
    expect(await counts(beto)).toEqual([0, 0])
    expect(await counts(ana)).toEqual([1, 0])
  })

  test('threads are counted apart, and read apart', async () => {
    const { ana, beto, say, unread, read } = await pairInRoom()
    const a = await say(ana, text('a'))
    const b = await say(ana, text('b', inThread(a)))
    await say(ana, text('c', { ...inThread(a), 'm.mentions': { user_ids: [beto.userId] } }))
    const d = await say(ana, text('d'))
    await say(ana, text('e', inThread(a)))
    const f = await say(ana, text('f', { 'm.relates_to': { rel_type: 'm.reference', event_id: a } }))
    expect(await unread(beto)).toEqual({
      notification_count: 6,
      highlight_count: 1,
      threads: { [a]: { notification_count: 3, highlight_count: 1 } },
    })
    await read(beto, a, 'main')
    expect(await unread(beto)).toMatchObject({
      notification_count: 5,
      threads: { [a]: { notification_count: 3 } },
    })
    await read(beto, b, a)
    expect(await unread(beto)).toMatchObject({
      notification_count: 4,
      threads: { [a]: { notification_count: 2 } },
    })
    await read(beto, d)
    expect(await unread(beto)).toMatchObject({
      notification_count: 2,
      threads: { [a]: { notification_count: 1 } },
    })
    await read(beto, f)
    expect(await unread(beto)).toEqual({ notification_count: 0, highlight_count: 0 })
  })

  test('rules, ignored people and a lost memory change the counts as they should', async () => {
    const { ana, beto, room, say, unread } = await pairInRoom()
    await say(ana, text('uno'))
    await say(ana, text('dos'))
    expect((await unread(beto)).notification_count).toBe(2)
    await ask(beto, 'PUT', `/pushrules/global/room/${room}`, { actions: [] })
    expect((await unread(beto)).notification_count).toBe(0)
    await ask(beto, 'DELETE', `/pushrules/global/room/${room}`)
    expect((await unread(beto)).notification_count).toBe(2)
    await ask(beto, 'PUT', `/user/${beto.userId}/account_data/m.ignored_user_list`, {
      ignored_users: { [ana.userId]: {} },
    })
    expect((await unread(beto)).notification_count).toBe(0)
  })

  test('/notifications lists what notified', async () => {
    const { ana, beto, say } = await pairInRoom()
    const sent = [await say(ana, text('uno')), await say(ana, text('dos'))]
    const first = (await ask(beto, 'GET', '/notifications?limit=1')).body as {
      notifications: Json[]
      next_token: string
    }
    expect(first.notifications.map(({ event }) => (event as Json)['event_id'])).toEqual([sent[1]])
    const second = (await ask(beto, 'GET', `/notifications?limit=1&from=${first.next_token}`))
      .body as typeof first
    expect(second.notifications.map(({ event }) => (event as Json)['event_id'])).toEqual([sent[0]])
  })

  test('pushers are kept per device, must point to a gateway, and go with the session', async () => {
    const ana = await newUser()
    const pusher = (more: Json = {}) => ({
      app_id: 'hn.enlace',
      pushkey: 'key1',
      kind: 'http',
      app_display_name: 'Enlace',
      device_display_name: 'teléfono',
      lang: 'es',
      data: { url: 'https://push.example/_matrix/push/v1/notify', format: 'event_id_only' },
      ...more,
    })
    for (const url of ['http://push.example/_matrix/push/v1/notify', 'https://push.example/other', 'x']) {
      expect((await ask(ana, 'POST', '/pushers/set', pusher({ data: { url } }))).status).toBe(400)
    }
    expect((await ask(ana, 'POST', '/pushers/set', pusher())).status).toBe(200)
    const { append: _a, ...shown } = pusher() as Json
    expect((await ask(ana, 'GET', '/pushers')).body).toEqual({ pushers: [shown] })
    const beto = await newUser()
    await ask(beto, 'POST', '/pushers/set', pusher())
    expect((await ask(ana, 'GET', '/pushers')).body).toEqual({ pushers: [] })
    await ask(ana, 'POST', '/pushers/set', pusher({ pushkey: 'key2' }))
    await ask(ana, 'POST', '/pushers/set', { app_id: 'hn.enlace', pushkey: 'key2', kind: null })
    expect((await ask(ana, 'GET', '/pushers')).body).toEqual({ pushers: [] })
    const again = (await node.login(beto.userId)).body['access_token'] as string
    await node.call('POST', '/logout', { token: beto.token })
    expect((await node.call('GET', '/pushers', { token: again })).body).toEqual({ pushers: [] })
  })

  test('gateways are told that something happened, never what; keys they reject are dropped', async () => {
    const { ana, beto, room, say } = await pairInRoom()
    const told: Json[] = []
    let failures = 1
    node.partner.push = async (url, notification) => {
      expect(url).toBe('https://push.example/_matrix/push/v1/notify')
      if (failures-- > 0) throw new Error('busy')
      told.push(notification)
      return { gone: told.length > 1 ? ['clave'] : [] }
    }
    await ask(beto, 'POST', '/pushers/set', {
      app_id: 'hn.enlace',
      pushkey: 'clave',
      kind: 'http',
      app_display_name: 'Enlace',
      device_display_name: 'teléfono',
      lang: 'es',
      data: { url: 'https://push.example/_matrix/push/v1/notify', extra: 1 },
    })
    await ask(ana, 'PUT', `/profile/${ana.userId}/displayname`, { displayname: 'Nombre Secreto' })
    const sent = await say(ana, text('texto secreto'))
    await expect.poll(() => told.length, { timeout: 5_000 }).toBe(1)
    expect(told).toEqual([
      {
        event_id: sent,
        room_id: room,
        prio: 'high',
        counts: { unread: 1 },
        devices: [
          { app_id: 'hn.enlace', pushkey: 'clave', data: { extra: 1 }, tweaks: { sound: 'default' } },
        ],
      },
    ])
    expect(JSON.stringify(told)).not.toMatch(/secreto|Nombre/i)
    await say(beto, text('lo propio no avisa'))
    await say(ana, text('otra'))
    await expect
      .poll(async () => (await ask(beto, 'GET', '/pushers')).body, { timeout: 5_000 })
      .toEqual({ pushers: [] })
    expect(told).toHaveLength(2)
  })

  test('whoever is suspended or leaves is told nothing more, not even what stands in line', async () => {
    const { ana, beto, room, say } = await pairInRoom()
    const carla = await newUser()
    await ask(carla, 'POST', `/rooms/${room}/join`, {})
    const told: { to: string; event: unknown }[] = []
    let reachable = true
    node.partner.push = async (_url, { event_id, devices }) => {
      if (!reachable) throw new Error('busy')
      told.push({ to: (devices as { pushkey: string }[])[0]!.pushkey, event: event_id })
      return { gone: [] }
    }
    const pusher = (user: User) =>
      ask(user, 'POST', '/pushers/set', {
        app_id: 'hn.enlace',
        pushkey: user.userId,
        kind: 'http',
        app_display_name: 'Enlace',
        device_display_name: 'teléfono',
        lang: 'es',
        data: { url: 'https://push.example/_matrix/push/v1/notify' },
      })
    await pusher(beto)
    await pusher(carla)
    // Rooms are looked at in order: when Carla hears of it, all before it was looked at for both.
    const heard = (event: string) =>
      expect.poll(() => told, { timeout: 10_000 }).toContainEqual({ to: carla.userId, event })
    const toBeto = () => told.filter(({ to }) => to === beto.userId).map(({ event }) => event)
    const first = await say(ana, text('uno'))
    await heard(first)
    await expect.poll(toBeto).toEqual([first])
    reachable = false
    const inLine = await say(ana, text('queda en la fila'))
    await node.ctx.accounts.suspend(beto.userId, ana.userId, 'perdió el teléfono')
    reachable = true
    await heard(inLine)
    await heard(await say(ana, text('mientras tanto')))
    await heard(await say(ana, text('y otra')))
    expect(toBeto()).toEqual([first])
    await node.ctx.accounts.restore(beto.userId)
    const back = await say(ana, text('de vuelta'))
    await expect.poll(toBeto).toEqual([first, back])
    // Leaving takes the sessions, and with them the pushers.
    await node.ctx.accounts.setLeaving(beto.userId, 'salida')
    await heard(await say(ana, text('ya no está')))
    await heard(await say(ana, text('de verdad')))
    expect(toBeto()).toEqual([first, back])
    expect(await node.ctx.push.pushers.list(beto.userId)).toEqual([])
  })

  test('what came in the moment before the node ended is told after its start', async () => {
    const { ana, beto, say } = await pairInRoom()
    const told: unknown[] = []
    node.partner.push = async (_url, { event_id }) => {
      told.push(event_id)
      return { gone: [] }
    }
    await ask(beto, 'POST', '/pushers/set', {
      app_id: 'hn.enlace',
      pushkey: 'otra',
      kind: 'http',
      app_display_name: 'Enlace',
      device_display_name: 'teléfono',
      lang: 'es',
      data: { url: 'https://push.example/_matrix/push/v1/notify' },
    })
    let sent = ''
    await node.reopen('push', async () => {
      sent = await say(ana, text('antes del fin'))
    })
    await expect.poll(() => told, { timeout: 5_000 }).toEqual([sent])
    const later = await say(ana, text('después'))
    await expect.poll(() => told, { timeout: 5_000 }).toEqual([sent, later])
  })
})
