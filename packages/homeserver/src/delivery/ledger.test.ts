import fc from 'fast-check'
import { expect, test } from 'vitest'
import { summarise } from './ledger.ts'
import type { GroupLedger, ServerLedger, ServerState } from './types.ts'

const group = (more: Partial<GroupLedger> = {}): GroupLedger => ({
  institution: 'gt-juzgado',
  name: 'Juzgado',
  country: 'GT',
  own: false,
  persons: 2,
  on_device: 0,
  read: 0,
  ...more,
})
const server = (state: ServerState, institutions: GroupLedger[] = [group()], name = 'gt'): ServerLedger => ({
  server_name: name,
  state,
  names: [],
  institutions,
  ...(state === 'unreachable' ? { unreachable_since_ts: 500 } : {}),
})
const summary = (...servers: ServerLedger[]) =>
  summarise({ event_id: '$1', room_id: '!r', sent_ts: 1_000, servers })

test('a state is reached when every server has it and somebody there has come so far', () => {
  expect(summary(server('waiting')).state).toBe('sent')
  expect(summary(server('accepted')).state).toBe('accepted')
  expect(summary(server('accepted', [group({ on_device: 1 })])).state).toBe('on_device')
  expect(summary(server('accepted', [group({ on_device: 1, read: 1 })])).state).toBe('read')
  expect(summary(server('accepted', [group({ read: 1, on_device: 1 })]), server('waiting')).state).toBe(
    'sent',
  )
  expect(summary().state).toBe('accepted')
})

test('the sender’s own institution counts only where there is no other', () => {
  const own = group({ own: true, on_device: 1, read: 1 })
  expect(summary(server('accepted', [own]), server('accepted', [group()], 'hn'))).toMatchObject({
    state: 'accepted',
    institutions: 1,
  })
  expect(summary(server('accepted', [own]))).toMatchObject({ state: 'read', institutions: 1, readers: 1 })
})

test('not delivered counts from when it was sent, unless the partner went away later', () => {
  expect(summary(server('unreachable')).missing).toEqual([
    { server_name: 'gt', reason: 'unreachable', since_ts: 1_000 },
  ])
  expect(summary({ ...server('unreachable'), unreachable_since_ts: 2_000 }).missing).toMatchObject([
    { since_ts: 2_000 },
  ])
  expect(summary(server('not_on_list')).missing).toMatchObject([{ reason: 'not_on_list', since_ts: 1_000 }])
})

test('whatever has been read elsewhere, a server without it is never hidden, and counts add up', () => {
  const states: ServerState[] = ['accepted', 'waiting', 'unreachable', 'not_on_list', 'unknown']
  const anyGroup = fc
    .record({
      own: fc.boolean(),
      persons: fc.integer({ min: 1, max: 9 }),
      device: fc.nat(9),
      read: fc.nat(9),
    })
    .map(({ own, persons, device, read }) => {
      const reads = Math.min(read, persons)
      return group({ own, persons, read: reads, on_device: Math.max(reads, Math.min(device, persons)) })
    })
  const anyServer = fc
    .tuple(fc.constantFrom(...states), fc.array(anyGroup, { maxLength: 3 }))
    .map(([state, groups]) => server(state, groups))
  fc.assert(
    fc.property(fc.array(anyServer, { maxLength: 4 }), (servers) => {
      const found = summary(...servers)
      const lost = servers.filter(({ state }) => state === 'unreachable' || state === 'not_on_list')
      expect(found.missing?.length ?? 0).toBe(lost.length)
      if (lost.length > 0) expect(found.state).toBe('undelivered')
      else if (servers.some(({ state }) => state === 'waiting')) expect(found.state).toBe('sent')
      expect(found.read).toBeLessThanOrEqual(found.on_device)
      expect(found.on_device).toBeLessThanOrEqual(found.institutions)
    }),
  )
})
