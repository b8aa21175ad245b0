import { expect, test } from 'vitest'
import type { Channel, ChannelsState, Corridor } from '../channels/types.ts'
import { alertChannelIn } from './risks.ts'

const channel = (roomId: string, topic: string, membership: Channel['membership'] = 'join'): Channel => ({
  roomId,
  topic,
  known: true,
  kind: { kind: 'channel' } as Channel['kind'],
  name: topic,
  membership,
  unread: 0,
  mentions: 0,
  urgent: 0,
  markedUnread: false,
  archived: false,
  level: 'all' as Channel['level'],
  lastTs: 0,
})
const state = (...corridors: Corridor[]): ChannelsState => ({
  corridors,
  conversations: [],
  archived: [],
  invites: [],
})

test('an alert goes to the channel for alerts of the same corridor, where one is in it', () => {
  const here: Corridor = {
    roomId: '!corinto',
    name: 'Corinto',
    channels: [channel('!info', 'information'), channel('!alert', 'operational_alert')],
  }
  const other: Corridor = {
    roomId: '!otro',
    name: 'Agua Caliente',
    channels: [channel('!docs', 'documentation'), channel('!invited', 'operational_alert', 'invite')],
  }
  const loose: Corridor = {
    name: '',
    channels: [channel('!alone', 'information'), channel('!false', 'operational_alert')],
  }
  const all = state(here, other, loose)
  expect(alertChannelIn(all, '!info')?.roomId).toBe('!alert')
  expect(alertChannelIn(all, '!docs')).toBeUndefined()
  expect(alertChannelIn(all, '!alone')).toBeUndefined()
})
