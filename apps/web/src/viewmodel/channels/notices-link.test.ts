import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, test } from 'vitest'
import { namesFor, roomMark, totalUnread } from './notices-link.ts'
import type { Channel, ChannelsState } from './types.ts'

const ROOM = '!sala:hn.example'
const DIRECT = '!dos:hn.example'

test('a room is called as the node calls it', async () => {
  expect(await roomMark(ROOM)).toBe(createHash('sha256').update(ROOM).digest('base64url').slice(0, 22))
})

test('the badge leaves out what is silent, and counts what was marked', () => {
  const one = (more: object) => ({ unread: 0, markedUnread: false, ...more }) as Channel
  const state = {
    corridors: [{ name: '', channels: [one({ unread: 3 }), one({ unread: 5, muted: { until: 0 } })] }],
    conversations: [one({ markedUnread: true })],
    archived: [],
    invites: [one({})],
  } as unknown as ChannelsState
  expect(totalUnread(state)).toBe(5)
})

test('no name of a person is left for the service worker', async () => {
  const names = await namesFor(
    [
      { roomId: ROOM, known: true, topic: 'minors' },
      { roomId: DIRECT, known: false, topic: '@ana.lopez:hn' },
    ],
    'es',
  )
  expect(Object.values(names.rooms).map(({ label }) => label)).toEqual([
    'Niñez y adolescencia migrante',
    undefined,
  ])
  expect(JSON.stringify(names)).not.toContain('ana.lopez')
})

describe('the service worker', () => {
  type Shown = {
    title: string
    tag: string
    data: { path: string; n: number }
    body: string
    renotify: boolean
    silent?: boolean
    actions?: unknown[]
  }
  type Page = {
    visibilityState: string
    focused: boolean
    said: unknown[]
    postMessage(said: unknown): void
    focus(): void
  }
  let shown: Shown[]
  let pages: Page[]
  let badge: number
  let opened: string[]
  let listeners: Map<string, (event: object) => void>
  class NotificationEvent {
    get reply(): string {
      return ''
    }
  }

  beforeEach(async () => {
    shown = []
    pages = []
    opened = []
    badge = 0
    listeners = new Map()
    const names = await namesFor(
      [
        { roomId: ROOM, known: true, topic: 'minors' },
        { roomId: DIRECT, known: false, topic: 'x' },
      ],
      'es',
    )
    const source = await readFile(new URL('../../../public/push.js', import.meta.url), 'utf8')
    const registration = {
      async showNotification(title: string, options: Omit<Shown, 'title'>) {
        shown = [...shown.filter((one) => one.tag !== options.tag), { title, ...options }]
      },
      getNotifications: async (filter?: { tag: string }) =>
        shown
          .filter((one) => !filter || one.tag === filter.tag)
          .map((one) => ({ ...one, close: () => (shown = shown.filter((other) => other.tag !== one.tag)) })),
    }
    runInNewContext(source, {
      self: {
        registration,
        navigator: {
          async setAppBadge(total: number) {
            badge = total
          },
        },
        clients: { matchAll: async () => pages, openWindow: async (path: string) => void opened.push(path) },
        addEventListener: (name: string, listener: (event: object) => void) => listeners.set(name, listener),
      },
      caches: { open: async () => ({ match: async () => new Response(JSON.stringify(names)) }) },
      NotificationEvent,
    })
  })
  async function fire(name: string, event: object): Promise<void> {
    const done: Promise<unknown>[] = []
    listeners.get(name)!({ ...event, waitUntil: (work: Promise<unknown>) => void done.push(work) })
    await Promise.all(done)
  }
  const push = (more: object) => fire('push', { data: { json: () => more } })
  const message = async (roomId: string, n: number, more: object = {}) =>
    push({ kind: 'messages', room: await roomMark(roomId), n, ...more })
  const page = (focused: boolean): Page => {
    const said: unknown[] = []
    return {
      visibilityState: 'visible',
      focused,
      said,
      postMessage: (one) => void said.push(one),
      focus: () => undefined,
    }
  }

  test('groups by channel, is heard once, and counts for the badge', async () => {
    await message(ROOM, 1)
    expect(shown).toMatchObject([
      { title: 'Niñez y adolescencia migrante', body: '1 mensaje nuevo', renotify: true },
    ])
    await message(ROOM, 2)
    await message(DIRECT, 4)
    expect(shown).toMatchObject([
      { body: '2 mensajes nuevos', renotify: false },
      { title: 'Conversación', body: '4 mensajes nuevos' },
    ])
    expect(badge).toBe(6)
    await message(ROOM, 3, { mention: true })
    expect(shown.at(-1)).toMatchObject({ body: 'Le mencionaron', renotify: true })
  })

  test('says nothing to whoever looks at the page, and of a channel it does not know only that there is something', async () => {
    pages = [page(true)]
    await message(ROOM, 1)
    expect(shown).toEqual([])
    pages = []
    await message('!otra:hn', 1)
    expect(shown).toMatchObject([{ title: 'Enlace', data: { path: '/' } }])
  })

  test('of a channel that tells of mentions alone a closed page says quietly that something waits; an open one decides', async () => {
    const unread = async (roomId: string) => push({ kind: 'unread', room: await roomMark(roomId) })
    await unread(ROOM)
    expect(shown).toMatchObject([
      {
        title: 'Niñez y adolescencia migrante',
        body: 'Hay mensajes nuevos. Ábralo para ver si le mencionan.',
        silent: true,
        renotify: false,
      },
    ])
    await message(ROOM, 3, { mention: true })
    await unread(ROOM)
    expect(shown).toMatchObject([{ body: 'Le mencionaron', silent: false }])
    shown = []
    pages = [page(false)]
    await unread(ROOM)
    expect(shown).toEqual([])
  })

  test('a tap opens the channel; an answer goes by an open page, which alone can encrypt it', async () => {
    await message(ROOM, 1)
    expect(shown[0]!.actions).toBeUndefined()
    const notification = { close: () => undefined, data: shown[0]!.data }
    await fire('notificationclick', { notification, action: '' })
    expect(opened).toEqual([`/canal/${encodeURIComponent(ROOM)}`])
    pages = [page(false)]
    await message(ROOM, 2)
    expect(shown[0]!.actions).toMatchObject([{ action: 'reply', type: 'text' }])
    await fire('notificationclick', { notification, action: 'reply', reply: 'Voy' })
    await fire('notificationclick', { notification, action: '' })
    const path = `/canal/${encodeURIComponent(ROOM)}`
    expect(pages[0]!.said).toEqual([
      { type: 'enlace-reply', path, text: 'Voy' },
      { type: 'enlace-open', path },
    ])
  })

  test('an urgent call is what it was', async () => {
    await push({ kind: 'escalation', urgent: true, reference: 'DOC-2026-010001' })
    expect(shown).toMatchObject([{ title: 'Caso urgente DOC-2026-010001' }])
  })
})
