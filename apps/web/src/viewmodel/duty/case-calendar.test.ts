import { expect, test } from 'vitest'
import { applyCalendar, channelsBehind } from './case-calendar.ts'

const NOW = Date.parse('2026-11-27T12:00-06:00')
const calendar = {
  feasts: [
    { date: '2026-12-08', name: 'Feria', municipality: 'Omoa' },
    { date: '2026-12-09', name: 'Feria', from_noon: true as const },
    { date: '2025-12-08', name: 'Feria de antes' },
  ],
  worked: ['2026-12-25'],
  confirmed: [],
}

function channel(roomId: string, may: boolean, content: object = {}) {
  const room = {
    roomId,
    content: content as Record<string, unknown>,
    currentState: {
      maySendStateEvent: () => may,
      getStateEvents: (type: string) =>
        type === 'org.enlace.case.targets' ? { getContent: () => room.content } : undefined,
    },
  }
  return room
}

test('days of the duty calendar are set in the channels that go by others, and nothing else is changed there', async () => {
  const week = Array.from({ length: 7 }, () => [[480, 720]])
  const rooms = [channel('!a', true, { calendar: { week } }), channel('!b', false), channel('!c', true)]
  const sent: string[] = []
  const session = {
    userId: '@coordinacion.hn:hn',
    client: {
      getRoom: (id: string) => rooms.find((one) => one.roomId === id) ?? null,
      async sendStateEvent(id: string, type: string, content: Record<string, unknown>, key: string) {
        sent.push(`${id} ${type} ${key}`)
        rooms.find((one) => one.roomId === id)!.content = content
      },
    },
  } as never
  const behind = () => channelsBehind(session, ['!a', '!b', '!c', '!none'], 'hn-sreci', calendar, NOW)
  expect(behind().map((one) => one.roomId)).toEqual(['!a', '!c'])
  expect(await applyCalendar(session, behind(), 'hn-sreci', calendar, NOW)).toBeUndefined()
  expect(sent).toEqual(['!a org.enlace.case.targets hn-sreci', '!c org.enlace.case.targets hn-sreci'])
  expect(rooms[0]!.content).toEqual({
    calendar: {
      week,
      holidays_added: ['2026-12-08'],
      half_days_added: ['2026-12-09'],
      holidays_removed: ['2026-12-25'],
    },
  })
  expect(behind()).toEqual([])
})
