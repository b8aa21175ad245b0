/**
 * A homeserver of one room, in memory: for tests with the SDK's real encryption. It lists devices, carries what they send and
 * keeps all of it, as any server may; what it is told lies in `seen`.
 */
type Json = Record<string, unknown>
type Signed = Json & { signatures?: Record<string, Record<string, string>> }
type RoomEvent = Json & { event_id: string; type: string; sender: string; state_key?: string }
type ToDevice = { type: string; sender: string; content: unknown }
interface Device {
  keys?: Signed
  oneTime: [string, unknown][]
  fallback: Record<string, unknown>
  inbox: ToDevice[]
}
interface Account {
  devices: Map<string, Device>
  identity: { master_key?: Signed; self_signing_key?: Signed; user_signing_key?: Signed }
}

export const BASE_URL = 'https://hn.example'
const HOST = 'hn.example'

export function createTestServer(roomId: string) {
  const accounts = new Map<string, Account>()
  const log: RoomEvent[] = []
  /** Whose keys have changed, in order. */
  const changes: string[] = []
  const media = new Map<string, Uint8Array<ArrayBuffer>>()
  /** Bodies of all requests. */
  const seen: string[] = []
  const waiting = new Set<() => void>()
  /** Whose devices are off. */
  const off = new Set<string>()

  const wakeAll = () => {
    for (const wake of [...waiting]) wake()
  }
  function accountOf(userId: string): Account {
    const account = accounts.get(userId) ?? { devices: new Map(), identity: {} }
    accounts.set(userId, account)
    return account
  }
  function deviceOf(userId: string, deviceId: string): Device {
    const { devices } = accountOf(userId)
    const device = devices.get(deviceId) ?? { oneTime: [], fallback: {}, inbox: [] }
    devices.set(deviceId, device)
    return device
  }
  function changed(userId: string): void {
    changes.push(userId)
    wakeAll()
  }
  function append(event: Omit<RoomEvent, 'event_id'>): string {
    const event_id = `$event${log.length}`
    log.push({ ...(event as RoomEvent), event_id, room_id: roomId, origin_server_ts: Date.now() })
    wakeAll()
    return event_id
  }
  const state = (type: string, sender: string, content: object, state_key = '') =>
    append({ type, sender, content, state_key })

  const news = (signal?: AbortSignal | null) =>
    new Promise<void>((go, fail) => {
      const woken = () => {
        clearTimeout(timer)
        waiting.delete(woken)
        go()
      }
      const timer = setTimeout(woken, 5_000)
      waiting.add(woken)
      signal?.addEventListener('abort', () => {
        waiting.delete(woken)
        clearTimeout(timer)
        fail(new DOMException('over', 'AbortError'))
      })
    })

  async function sync(userId: string, deviceId: string, url: URL, signal?: AbortSignal | null) {
    const [logAt, changesAt, inboxAt] = (url.searchParams.get('since') ?? '').split('_').map(Number)
    const first = changesAt === undefined
    const device = deviceOf(userId, deviceId)
    const isNews = () =>
      log.length > (logAt ?? 0) || changes.length > changesAt! || device.inbox.length > (inboxAt ?? 0)
    if (!first && !isNews()) await news(signal)
    while (!first && off.has(userId)) await news(signal)
    // The newest event alone: what was before it comes when it is asked for.
    const begins = first ? Math.max(0, log.length - 1) : logAt!
    const timeline = log.slice(begins)
    const before = first ? log.slice(0, begins).filter((one) => one.state_key !== undefined) : []
    return {
      next_batch: `${log.length}_${changes.length}_${device.inbox.length}`,
      device_lists: { changed: first ? [] : changes.slice(changesAt), left: [] },
      device_one_time_keys_count: { signed_curve25519: device.oneTime.length },
      device_unused_fallback_key_types: Object.keys(device.fallback).length > 0 ? ['signed_curve25519'] : [],
      to_device: { events: device.inbox.slice(inboxAt ?? 0) },
      rooms:
        timeline.length === 0
          ? {}
          : {
              join: {
                [roomId]: {
                  state: { events: before },
                  timeline: { events: timeline, limited: first, prev_batch: 'before' },
                  summary: {},
                },
              },
            },
    }
  }

  function keys(userId: string, asked: Record<string, unknown>) {
    const of = (pick: (account: Account, id: string) => unknown) =>
      Object.fromEntries(
        Object.keys(asked).flatMap((id) => {
          const found = pick(accountOf(id), id)
          return found === undefined ? [] : [[id, found]]
        }),
      )
    return {
      device_keys: of(({ devices }) =>
        Object.fromEntries([...devices].flatMap(([id, { keys }]) => (keys ? [[id, keys]] : []))),
      ),
      master_keys: of(({ identity }) => identity.master_key),
      self_signing_keys: of(({ identity }) => identity.self_signing_key),
      user_signing_keys: of(({ identity }, id) => (id === userId ? identity.user_signing_key : undefined)),
      failures: {},
    }
  }

  function claim(asked: Record<string, Record<string, string>>) {
    const one = (userId: string, deviceId: string) => {
      const device = deviceOf(userId, deviceId)
      const key = device.oneTime.shift()
      return key ? { [key[0]]: key[1] } : device.fallback
    }
    return {
      one_time_keys: Object.fromEntries(
        Object.entries(asked).map(([userId, devices]) => [
          userId,
          Object.fromEntries(Object.keys(devices).map((id) => [id, one(userId, id)])),
        ]),
      ),
      failures: {},
    }
  }

  function sign(body: Record<string, Record<string, Signed>>): void {
    for (const [userId, things] of Object.entries(body)) {
      const { devices, identity } = accountOf(userId)
      for (const [id, given] of Object.entries(things)) {
        const kept =
          devices.get(id)?.keys ??
          Object.values(identity).find((key) => Object.values(key['keys'] as object).includes(id))
        if (!kept) continue
        for (const [by, signatures] of Object.entries(given.signatures ?? {}))
          kept.signatures = { ...kept.signatures, [by]: { ...kept.signatures?.[by], ...signatures } }
      }
      changed(userId)
    }
  }

  function post(type: string, sender: string, messages: Record<string, Record<string, unknown>>): void {
    for (const [userId, devices] of Object.entries(messages))
      for (const [id, content] of Object.entries(devices)) {
        const all = id === '*' ? [...accountOf(userId).devices.keys()] : [id]
        for (const one of all) deviceOf(userId, one).inbox.push({ type, sender, content })
      }
    wakeAll()
  }

  /** What the endpoint answers; undefined: there is none. */
  async function answer(
    userId: string,
    deviceId: string,
    method: string,
    url: URL,
    body: Json,
    signal?: AbortSignal | null,
  ) {
    const path = decodeURIComponent(url.pathname).replace(
      /^\/_matrix\/client\/(v\d+|unstable\/[^/]+|r0)?/,
      '',
    )
    const [, area = '', ...rest] = path.split('/')
    const device = deviceOf(userId, deviceId)
    switch (`${method} ${area} ${area === 'keys' ? rest.join('/') : ''}`.trim()) {
      case 'GET versions':
        return { versions: ['v1.11', 'v1.12', 'v1.13'] }
      case 'GET pushrules':
        return { global: {} }
      case 'GET sync':
        return sync(userId, deviceId, url, signal)
      case 'POST user':
        return { filter_id: '0' }
      case 'POST keys upload': {
        if (body['device_keys']) {
          device.keys = body['device_keys'] as Signed
          changed(userId)
        }
        device.oneTime.push(...Object.entries((body['one_time_keys'] ?? {}) as Json))
        if (body['fallback_keys']) device.fallback = body['fallback_keys'] as Json
        return { one_time_key_counts: { signed_curve25519: device.oneTime.length } }
      }
      case 'POST keys query':
        return keys(userId, body['device_keys'] as Json)
      case 'POST keys claim':
        return claim(body['one_time_keys'] as Record<string, Record<string, string>>)
      case 'POST keys device_signing/upload': {
        const { auth: _, ...identity } = body
        Object.assign(accountOf(userId).identity, identity)
        changed(userId)
        return {}
      }
      case 'POST keys signatures/upload':
        sign(body as Record<string, Record<string, Signed>>)
        return { failures: {} }
      case 'PUT sendToDevice':
        post(rest[0]!, userId, body['messages'] as Record<string, Record<string, unknown>>)
        return {}
      case 'PUT rooms':
        return rest[1] === 'send'
          ? { event_id: append({ type: rest[2]!, sender: userId, content: body }) }
          : undefined
      case 'GET rooms': {
        if (rest[1] === 'members') return { chunk: log.filter(({ type }) => type === 'm.room.member') }
        if (rest[1] === 'event') return log.find(({ event_id }) => event_id === rest[2])
        if (rest[1] !== 'relations') return undefined
        const related = (one: RoomEvent) =>
          (one['content'] as { 'm.relates_to'?: { event_id?: string } })['m.relates_to']?.event_id === rest[2]
        return { chunk: log.filter(related).reverse() }
      }
      default:
        return undefined
    }
  }

  return {
    log,
    seen,
    state,
    post,
    switchOff: (userId: string) => void off.add(userId),
    switchOn(userId: string) {
      off.delete(userId)
      wakeAll()
    },
    /** @returns where it is */
    keep(bytes: Uint8Array<ArrayBuffer>): string {
      const id = `file${media.size}`
      media.set(id, bytes)
      return `mxc://${HOST}/${id}`
    },
    /** Everything it has, as text: what it was sent, what it keeps, the bytes of files. */
    all: () =>
      [
        ...seen,
        JSON.stringify([...accounts.values()].map(({ devices }) => [...devices.values()])),
        JSON.stringify(log),
        ...[...media.values()].map((bytes) => new TextDecoder('latin1').decode(bytes)),
      ].join('\n'),
    fetchFor:
      (userId: string, deviceId: string): typeof fetch =>
      async (resource, init) => {
        const url = new URL(String(resource))
        const file = /\/media\/download\/[^/]+\/([^/]+)$/.exec(url.pathname)?.[1]
        const bytes = file === undefined ? undefined : media.get(file)
        if (bytes) return new Response(bytes)
        const text = typeof init?.body === 'string' ? init.body : ''
        if (text !== '') seen.push(text)
        const body = (text === '' ? {} : JSON.parse(text)) as Json
        const found = await answer(userId, deviceId, init?.method ?? 'GET', url, body, init?.signal)
        return Response.json(found ?? { errcode: 'M_NOT_FOUND', error: 'not here' }, {
          status: found ? 200 : 404,
        })
      },
  }
}
