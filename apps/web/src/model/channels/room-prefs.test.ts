import type { MatrixClient, Room } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createRoomPrefs, isMarkedUnread, isMuteOver, muteOf, noticeLevelOf } from './room-prefs.ts'

const ROOM = '!a:hn'
const content = (value: unknown) => value && { getContent: () => value }
const room = (data: Record<string, unknown> = {}) =>
  ({ roomId: ROOM, getAccountData: (type: string) => content(data[type]) }) as unknown as Room
const rule = (actions: unknown[], enabled = true) => ({ rule_id: ROOM, enabled, actions })
const client = (override: unknown[], own: unknown[] = []) =>
  ({
    getUserId: () => '@ana:hn',
    getAccountData: () => content({ global: { override, room: own } }),
  }) as unknown as MatrixClient

test('a mute has an end, also one that another client made', () => {
  const until = (ts: number) => room({ 'org.enlace.mute': { until: ts } })
  expect(muteOf(client([rule([])]), until(10), 5)).toEqual({ until: 10 })
  expect(muteOf(client([rule([])]), until(10), 10)).toBeUndefined()
  expect(isMuteOver(client([rule([])]), until(10), 10)).toBe(true)
  expect(muteOf(client([rule([])]), room(), 5)).toEqual({ until: 0 })
  // What is noted without a rule mutes nothing.
  expect(muteOf(client([rule([], false)]), until(10), 5)).toBeUndefined()
  expect(muteOf(client([rule(['notify'])]), until(10), 5)).toBeUndefined()
  expect(muteOf({ getAccountData: () => undefined } as unknown as MatrixClient, until(10), 5)).toBeUndefined()
})

test('levels are what the rules say', () => {
  expect(noticeLevelOf(client([]), room())).toBe('all')
  expect(noticeLevelOf(client([], [rule([])]), room())).toBe('mentions')
  expect(noticeLevelOf(client([rule([])]), room())).toBe('urgent')
})

test('marked by any client', () => {
  expect(isMarkedUnread(room({ 'm.marked_unread': { unread: true } }))).toBe(true)
  expect(isMarkedUnread(room({ 'm.marked_unread': { unread: 'si' } }))).toBe(false)
})

test('a rule that another device has taken away already is no failure; another is', async () => {
  const asked: string[] = []
  const prefs = (status: number) =>
    createRoomPrefs(client([]), async (method, path) => {
      asked.push(`${method} ${path.split('/').slice(-2).join('/')}`)
      if (method === 'DELETE') throw new RequestError(status, {})
      return {}
    })
  await prefs(404).setLevel(ROOM, 'mentions')
  expect(asked).toEqual(['DELETE override/!a%3Ahn', 'PUT room/!a%3Ahn'])
  await expect(prefs(500).setLevel(ROOM, 'all')).rejects.toThrow('500')
})
