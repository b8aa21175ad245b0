import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DeliverySummary } from '../../model/delivery/delivery-api.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import { createDelivery } from './delivery.ts'
import { allNames, briefNames, markText, missingText } from './delivery-text.ts'
import type { DeliveryDeps } from './types.ts'

const summary = (more: Partial<DeliverySummary> = {}): DeliverySummary => ({
  state: 'sent',
  institutions: 1,
  on_device: 0,
  read: 0,
  readers: 0,
  ...more,
})

describe('marks on the screen', () => {
  let asked: { roomId: string; eventIds: readonly string[] }[]
  let answers: Map<string, DeliverySummary>
  let news: Parameters<DeliveryDeps['onNews']>[0]
  let listening: number
  let supported: boolean
  let broken: boolean
  const model = () =>
    createDelivery({
      async fetch(roomId, eventIds) {
        asked.push({ roomId, eventIds })
        if (broken) throw new Error('offline')
        if (!supported) return undefined
        const events = Object.fromEntries(
          eventIds.flatMap((id) => (answers.has(id) ? [[id, answers.get(id)!]] : [])),
        )
        return { events, names: { 'gt.example': ['Juzgado'] } }
      },
      onNews(listener) {
        news = listener
        listening += 1
        return () => {
          listening -= 1
        }
      },
      fetchLedger: async () => ({ sent_ts: 1, servers: [], summary: summary() }),
    })
  beforeEach(() => {
    vi.useFakeTimers()
    asked = []
    answers = new Map()
    listening = 0
    supported = true
    broken = false
  })
  afterEach(() => vi.useRealTimers())

  test('are asked for together, and again when there is news', async () => {
    const delivery = model()
    for (const id of ['$1', '$2']) {
      answers.set(id, summary({ state: 'accepted' }))
      delivery.watch('!r', id)
    }
    delivery.watch('!s', '$3')
    await vi.advanceTimersByTimeAsync(100)
    expect(asked).toEqual([
      { roomId: '!r', eventIds: ['$1', '$2'] },
      { roomId: '!s', eventIds: ['$3'] },
    ])
    expect(delivery.of('!r', '$1').get()).toEqual({
      summary: summary({ state: 'accepted' }),
      names: { 'gt.example': ['Juzgado'] },
    })
    answers.set('$2', summary({ state: 'read', read: 1 }))
    news('!r')
    news('!r')
    news('!elsewhere')
    await vi.advanceTimersByTimeAsync(100)
    expect(asked).toHaveLength(3)
    expect(delivery.of('!r', '$2').get()?.summary.state).toBe('read')
    // What is read everywhere is not asked for any more.
    news('!r')
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.at(-1)).toEqual({ roomId: '!r', eventIds: ['$1'] })
  })

  test('a storm of receipts is one question; the same answer draws nothing anew', async () => {
    const delivery = model()
    answers.set('$1', summary({ state: 'accepted' }))
    delivery.watch('!r', '$1')
    await vi.advanceTimersByTimeAsync(100)
    let drawn = 0
    delivery.of('!r', '$1').subscribe(() => drawn++)
    for (let i = 0; i < 50; i++) news('!r', false)
    await vi.advanceTimersByTimeAsync(2_100)
    expect(asked).toHaveLength(2)
    expect(drawn).toBe(0)
  })

  test('what has not arrived is asked for now and then, also when news are lost or the network is', async () => {
    const delivery = model()
    broken = true
    const leave = delivery.watch('!r', '$1')
    await vi.advanceTimersByTimeAsync(100)
    expect(delivery.of('!r', '$1').get()).toBeUndefined()
    broken = false
    answers.set('$1', summary({ state: 'undelivered', missing: [] }))
    await vi.advanceTimersByTimeAsync(20_100)
    expect(delivery.of('!r', '$1').get()?.summary.state).toBe('undelivered')
    answers.set('$1', summary({ state: 'accepted' }))
    await vi.advanceTimersByTimeAsync(20_100)
    const before = asked.length
    await vi.advanceTimersByTimeAsync(120_000)
    expect(asked).toHaveLength(before)
    leave()
    expect(listening).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a server that knows nothing of it is asked once; two marks of one event are one', async () => {
    supported = false
    const delivery = model()
    const leave = [delivery.watch('!r', '$1'), delivery.watch('!r', '$1')]
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toEqual([{ roomId: '!r', eventIds: ['$1'] }])
    leave[0]!()
    expect(listening).toBe(1)
    leave[1]!()
    expect(listening).toBe(0)
  })

  test('at most fifty are asked for at once, the newest', async () => {
    const delivery = model()
    for (let i = 0; i < 60; i++) delivery.watch('!r', `$${i}`)
    await vi.advanceTimersByTimeAsync(100)
    expect(asked[0]!.eventIds).toHaveLength(50)
    expect(asked[0]!.eventIds.at(-1)).toBe('$59')
  })
})

describe('words', () => {
  const names = { 'gt.example': ['Juzgado de la Niñez'] }
  const at = new Date()
  at.setHours(14, 5, 0, 0)
  const missing = [{ server_name: 'gt.example', reason: 'unreachable' as const, since_ts: at.getTime() }]

  test('not delivered: since when, whose server, and that nothing need be done', () => {
    const view = { summary: summary({ state: 'undelivered', missing }), names }
    expect(missingText(view, 'es', es)).toBe(
      'No entregado desde 14:05: el servidor de Juzgado de la Niñez no responde. Se enviará solo en cuanto vuelva.',
    )
    expect(missingText(view, 'en', en)).toBe(
      'Not delivered since 14:05: the server of Juzgado de la Niñez does not answer. It will be sent by itself as soon as it is back.',
    )
    expect(markText(view, es)).toBe('No entregado')
    // A server whose institutions are not known is named as it is.
    expect(missingText({ ...view, names: {} }, 'es', es)).toContain('el servidor de gt.example no responde')
  })

  test('each state has its words; several institutions are counted', () => {
    const text = (more: Partial<DeliverySummary>, who: Record<string, string[]> = names) =>
      markText({ summary: summary(more), names: who }, es)
    expect(text({})).toBe('Enviado')
    expect(text({ state: 'accepted' })).toBe('Aceptado por el servidor de Juzgado de la Niñez')
    expect(text({ state: 'accepted' }, {})).toBe('En su servidor')
    expect(text({ state: 'accepted' }, { a: ['A'], b: ['B'] })).toBe('Aceptado por 2 servidores')
    expect(text({ state: 'on_device', on_device: 1 })).toBe('En un dispositivo')
    expect(text({ state: 'read', read: 1 })).toBe('Leído')
    expect(text({ state: 'read', read: 2, institutions: 3 })).toBe('Leído en 2 de 3 instituciones')
  })

  test('names in a sentence', () => {
    expect(allNames(['A', 'B', 'C'], es)).toBe('A, B y C')
    expect(briefNames(['A', 'B', 'C'], es)).toBe('A y 2 más')
    expect(briefNames(['A', 'B'], es)).toBe('A y B')
  })
})
