import { describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import type { People, Person } from '../../model/channels/types.ts'
import type { Me } from '../../model/session/records.ts'
import type { ChannelsState } from '../channels/types.ts'
import { createDuty, wrongTurns } from './duty.ts'
import type { Roster } from './types.ts'

const ME = '@oficial:hn'
const COLLEAGUE = '@guardia:hn'
const NOW = 1_800_000_030_000
const HOUR_MS = 3_600_000
const kept = {
  institution: 'hn-senaf',
  shifts: [],
  weekly: [{ user_id: COLLEAGUE, weekdays: [1, 3], from: '08:00', to: '16:00' }],
  on_duty: [COLLEAGUE],
  only_here: [ME],
}

const CHANNEL = { kind: 'channel', topic: 'minors', corridor: '!c' } as const

/** A node that keeps a roster, and this person's channels with who is in them. */
function world(role: Me['role'] = 'official') {
  const members = new Map<string, Person[]>([
    [
      '!r',
      [
        { userId: ME, name: 'Oficial', title: '', membership: 'join', institution: 'hn-senaf' },
        {
          userId: '@invitada:hn',
          name: 'Invitada',
          title: '',
          membership: 'invite',
          institution: 'hn-senaf',
        },
        { userId: '@juzgado:gt', name: 'Juzgado', title: '', membership: 'join', institution: 'gt-oj' },
      ],
    ],
  ])
  const needed: string[] = []
  const version = createStore(0)
  const people: People = {
    version,
    members: (roomId) => members.get(roomId) ?? [],
    person: (userId) => ({ userId, name: `nombre de ${userId}`, title: '', membership: 'leave' }),
    roleOf: () => undefined,
    need: (roomId) => void needed.push(roomId),
    refresh: async () => {},
    close() {},
  }
  const asked: { method: string; path: string; body?: unknown }[] = []
  const node = { answer: kept as unknown, fail: undefined as Error | undefined }
  const channel = {
    roomId: '!r',
    topic: 'minors',
    known: true,
    kind: CHANNEL,
    name: '',
    title: '',
    membership: 'join' as const,
  }
  const channels = createStore<ChannelsState>({
    corridors: [{ name: '', channels: [{ ...channel, unread: 0, mentions: 0, urgent: 0, lastTs: 0 }] }],
    invites: [],
  })
  const model = createDuty(
    {
      userId: ME,
      me: createStore<Me | undefined>({ user_id: ME, institution: null, role }),
      people,
      async request(method, path, body) {
        asked.push({ method, path, body })
        if (node.fail) throw node.fail
        return method === 'PUT'
          ? { ...kept, ...(body as object), updated_by: ME, updated_ts: NOW }
          : node.answer
      },
    },
    { state: channels },
    () => NOW,
  )
  const state = () => model.state.get()
  const loaded = async (): Promise<Roster> => {
    await vi.waitFor(() => expect(state().roster).toBeTypeOf('object'))
    return state().roster as Roster
  }
  return { model, state, loaded, asked, node, needed, members, version }
}

describe('the duty roster', () => {
  test('offers those of the institution who are in a channel, and whoever is on it already', async () => {
    const { loaded, needed } = world()
    const roster = await loaded()
    expect(roster.colleagues.map((one) => one.userId)).toEqual([ME, COLLEAGUE])
    expect(roster.onDuty).toEqual([`nombre de ${COLLEAGUE}`])
    expect(roster.onlyHere).toEqual(['Oficial'])
    expect(needed).toContain('!r')
  })

  test('shows names that come later', async () => {
    const { loaded, members, version, state } = world()
    await loaded()
    members
      .get('!r')
      ?.push({ userId: COLLEAGUE, name: 'Guardia', title: '', membership: 'join', institution: 'hn-senaf' })
    version.set(1)
    expect((state().roster as Roster).onDuty).toEqual(['Guardia'])
  })

  test('is sent as it was edited, days in order, and shows who changed it', async () => {
    const { model, state, loaded, asked } = world()
    await loaded()
    model.setWeekday(0, 2, true)
    model.setWeekday(0, 3, false)
    model.addWeekly()
    model.changeWeekly(1, { from: '16:00', to: '23:00' })
    model.addShift()
    model.changeShift(0, { user_id: COLLEAGUE })
    model.removeWeekly(0)
    await model.save()
    const from_ts = NOW - (NOW % 60_000)
    expect(asked.at(-1)).toMatchObject({
      method: 'PUT',
      body: {
        weekly: [{ user_id: ME, weekdays: [1, 2, 3, 4, 5], from: '16:00', to: '23:00' }],
        shifts: [{ user_id: COLLEAGUE, from_ts, to_ts: from_ts + 24 * HOUR_MS }],
      },
    })
    expect(state()).toMatchObject({
      saved: true,
      saving: false,
      roster: { changedBy: 'Oficial', changedAt: NOW },
    })
    model.setWeekday(0, 7, true)
    expect(state().saved).toBe(false)
  })

  test('the days of a turn stay sorted and are never doubled', async () => {
    const { model, state, loaded } = world()
    await loaded()
    for (const day of [7, 2, 2]) model.setWeekday(0, day, true)
    expect((state().roster as Roster).weekly[0]?.weekdays).toEqual([1, 2, 3, 7])
  })

  test('that the node would refuse is not sent', async () => {
    const { model, state, loaded, asked } = world()
    await loaded()
    model.setWeekday(0, 1, false)
    model.setWeekday(0, 3, false)
    expect(state().wrong).toBe(true)
    await model.save()
    expect(asked.filter((one) => one.method === 'PUT')).toEqual([])
    const shift = { user_id: ME, from_ts: NOW }
    expect(wrongTurns({ weekly: [], shifts: [{ ...shift, to_ts: NOW }] })).toBe(true)
    expect(wrongTurns({ weekly: [], shifts: [{ ...shift, to_ts: NOW + 31 * 24 * HOUR_MS }] })).toBe(false)
    expect(wrongTurns({ weekly: [], shifts: [{ ...shift, to_ts: NOW + 31 * 24 * HOUR_MS + 1 }] })).toBe(true)
  })

  test('that could not be saved keeps what was typed, and says why', async () => {
    const { model, state, loaded, node } = world()
    await loaded()
    model.addShift()
    node.fail = new RequestError(403, {})
    await model.save()
    expect(state()).toMatchObject({ saveFailure: { kind: 'refused' }, saving: false, saved: false })
    expect((state().roster as Roster).shifts).toHaveLength(1)
    node.fail = undefined
    await model.save()
    expect(state().saveFailure).toBeUndefined()
  })

  test('is read by everyone, and changed by coordinators and officials', () => {
    expect(world('staff').state().mayChange).toBe(false)
    expect(world(null).state().mayChange).toBe(false)
    expect(world('coordinator').state().mayChange).toBe(true)
  })

  test('is none on a server that keeps no roster; a failure is another thing', async () => {
    const { model, state, loaded, node } = world()
    await loaded()
    node.fail = new RequestError(404, {})
    await model.load()
    expect(state()).toMatchObject({ roster: 'none', loadFailure: undefined })
    node.fail = new TypeError('fetch failed')
    await model.load()
    expect(state().loadFailure?.kind).toBe('offline')
  })
})
