import type { Escalation } from '@enlace/coordination'
import { describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import type { Escalations } from '../../model/calls/types.ts'
import type { People, Person } from '../../model/channels/types.ts'
import type { Me } from '../../model/session/records.ts'
import { actionsFor, createCall } from './call.ts'

const ME = '@oficial:hn'
const NOW = 1_800_000_000_000
const call = (more: Partial<Escalation> = {}): Escalation => ({
  id: '$e',
  roomId: '!r',
  aboutEventId: '$m',
  raisedBy: '@juzgado:gt',
  raisedAt: 1,
  cause: 'person',
  chain: [{ level: 'national_liaison', roles: ['official'], within_ms: 3_600_000 }],
  state: 'open',
  step: 0,
  waitingSince: { eventId: '$e', at: 1 },
  alerted: [],
  history: [],
  heads: ['$e'],
  refused: [],
  ...more,
})
const me = (role: Me['role']): Me => ({ user_id: ME, role, institution: null })

describe('what a person may do about a call', () => {
  test('whoever it calls upon acknowledges or snoozes it; the one who raised it withdraws it', () => {
    expect(actionsFor(call(), ME, me('official'))).toEqual(['acknowledge', 'snooze', 'resolve'])
    expect(actionsFor(call(), ME, me('staff'))).toEqual([])
    expect(actionsFor(call({ raisedBy: ME }), ME, me('staff'))).toEqual(['resolve'])
  })

  test('8.8 an official of an institution that was not called is offered nothing', () => {
    const toRegistry = call({
      chain: [{ level: 'focal_point', institutions: ['hn-rnp-sps'], roles: ['staff'], within_ms: 3_600_000 }],
    })
    const of = (key: string, country: string): Me => ({
      ...me('official'),
      institution: { key, name: key, kind: 'consular', country } as NonNullable<Me['institution']>,
    })
    expect(actionsFor(toRegistry, ME, of('hn-sreci', 'HN'))).toEqual([])
    expect(actionsFor({ ...toRegistry, state: 'acknowledged' }, ME, of('hn-sreci', 'HN'))).toEqual([])
    expect(actionsFor(toRegistry, ME, of('hn-rnp-sps', 'HN'))).toEqual(['acknowledge', 'snooze', 'resolve'])
    // A consulate abroad acts for its own country.
    const national = call({
      chain: [{ level: 'national_liaison', country: 'HN', roles: ['official'], within_ms: 3_600_000 }],
    })
    expect(actionsFor(national, ME, of('gt-consulado', 'HN'))).toContain('resolve')
    expect(actionsFor(national, ME, of('gt-sbs', 'GT'))).toEqual([])
  })

  test('whoever has it hands it over, gives it back or ends it; the one it is handed to takes it', () => {
    const held = call({ state: 'acknowledged', acknowledgedBy: ME })
    expect(actionsFor(held, ME, me('staff'))).toEqual(['hand_over', 'unacknowledge', 'resolve'])
    const handed = call({ state: 'acknowledged', acknowledgedBy: '@otra:hn', handedTo: ME })
    expect(actionsFor(handed, ME, me('staff'))).toEqual(['accept_hand_over'])
  })

  test('nothing when it is over', () => {
    expect(actionsFor(call({ state: 'resolved', acknowledgedBy: ME }), ME, me('official'))).toEqual([])
  })
})

describe('one call', () => {
  function world() {
    const all = createStore<ReadonlyMap<string, Escalation>>(new Map([['$e', call()]]))
    const done: unknown[] = []
    const node = { fail: undefined as Error | undefined, ledger: undefined as unknown }
    const send = async (...said: unknown[]) => {
      if (node.fail) throw node.fail
      done.push(said)
    }
    const escalations: Escalations = {
      all,
      chainOf: () => [],
      raise: async () => {},
      acknowledge: (one) => send('acknowledge', one.id),
      act: (one, action, more) => send(action, one.id, more),
      refresh: async () => {},
      reduce() {},
      close() {},
    }
    const member = (userId: string, membership = 'join'): Person => ({
      userId,
      name: userId,
      title: userId,
      membership,
    })
    const people: People = {
      version: createStore(0),
      members: () => [member(ME), member('@colega:hn'), member('@invitada:hn', 'invite')],
      person: (userId) => member(userId),
      roleOf: () => undefined,
      need() {},
      meet() {},
      refresh: async () => {},
      close() {},
    }
    const open = () =>
      createCall(
        {
          userId: ME,
          me: createStore<Me | undefined>(me('official')),
          people,
          escalations,
          async request() {
            if (node.ledger === undefined) throw new RequestError(404, {})
            return node.ledger
          },
        },
        '$e',
        () => NOW,
      )
    return { all, done, node, open }
  }

  test('follows what happens to it, until the dialog is closed', () => {
    const { all, open } = world()
    const model = open()
    expect(model.state.get().actions).toContain('acknowledge')
    expect(model.state.get().colleagues.map((one) => one.userId)).toEqual(['@colega:hn'])
    all.set(new Map([['$e', call({ state: 'acknowledged', acknowledgedBy: ME })]]))
    expect(model.state.get().actions).toContain('hand_over')
    model.close()
    const before = model.state.get()
    all.set(new Map())
    expect(model.state.get()).toBe(before)
  })

  test('is answered, snoozed from now on, and handed over', async () => {
    const { done, open } = world()
    const model = open()
    expect(await model.act('acknowledge')).toBe(true)
    expect(await model.snooze(15, 'in_transit')).toBe(true)
    expect(await model.act('hand_over', { to: '@colega:hn' })).toBe(true)
    expect(done).toEqual([
      ['acknowledge', '$e'],
      ['snooze', '$e', { until_ts: NOW + 15 * 60_000, reason: 'in_transit' }],
      ['hand_over', '$e', { to: '@colega:hn' }],
    ])
  })

  test('a refusal is said and the person can try again; two taps are one', async () => {
    const { done, node, open } = world()
    const model = open()
    node.fail = new RequestError(403, {})
    expect(await model.act('acknowledge')).toBe(false)
    expect(model.state.get()).toMatchObject({ busy: false, failure: { kind: 'refused' } })
    node.fail = undefined
    const taps = [model.act('acknowledge'), model.act('acknowledge')]
    expect(model.state.get().busy).toBe(true)
    expect(model.state.get().failure).toBeUndefined()
    expect(await Promise.all(taps)).toEqual([true, false])
    expect(done).toHaveLength(1)
  })

  test('shows whom the node alerted; a server without alerts has nothing to show', async () => {
    const { node, open } = world()
    const without = open()
    node.ledger = {
      ledger: [{ channel: 'email', state: 'failed', reason: 'refused', user_id: ME, queued_ts: 5 }],
    }
    const model = open()
    await vi.waitFor(() => expect(model.state.get().ledger).toHaveLength(1))
    expect(model.state.get().ledger?.[0]).toMatchObject({ channel: 'email', reason: 'refused' })
    expect(without.state.get().ledger).toBeUndefined()
  })
})
