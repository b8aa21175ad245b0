import { createHash } from 'node:crypto'
import {
  canonicalMinutes,
  type MeetingState,
  meetingEventType,
  minutesStatement,
  reduceMeeting,
} from '@enlace/coordination/meetings'
import { verifyMinutes } from '@enlace/evidence/verify'
import { generateTrustKey, seedOf } from '@enlace/trust'
import { signingKey } from '@enlace/trust/browser'
import { coordinator, TrustRepository } from '@enlace/trust/testing'
import { expect, test } from 'vitest'
import { signMinutes } from '../institution/minutes-key.ts'
import { savedMinutes } from './minutes-save.ts'

const NOW = Date.UTC(2026, 10, 28, 15)
const HOUR = 3_600_000

function meeting(): MeetingState {
  const state = reduceMeeting(
    {
      event_id: '$meeting',
      room_id: '!room',
      type: meetingEventType,
      sender: '@coordinacion:hn.example',
      origin_server_ts: NOW - HOUR,
      content: {
        institutions: ['hn-sreci', 'gt-renap'],
        conveners: ['hn-sreci'],
        starts_ts: NOW,
        by: { institution: 'hn-sreci', role: 'coordinator' },
      },
    },
    [],
  )
  if (typeof state === 'string') throw new Error(state)
  return state
}

test('what a page saves is what is verified outside of it', async () => {
  const key = generateTrustKey()
  const repo = new TrustRepository([coordinator('HN', 'HN'), coordinator('GT', 'GT')])
  repo.give('hn-sreci', [key])
  const server = {
    server_name: 'hn.example',
    contact: 'mailto:red@hn.example',
    status: 'active' as const,
    institutions: ['hn-sreci'],
  }
  repo.publish([server], { now: NOW - HOUR })
  const state = meeting()
  const sha256 = createHash('sha256').update(canonicalMinutes(state)!).digest('base64url')
  const statement = minutesStatement({ meeting: state.id, institution: 'hn-sreci', sha256 })
  const signatures = [
    {
      institution: 'hn-sreci',
      sha256,
      key: await signMinutes(statement, await signingKey(Uint8Array.from(seedOf(key)))),
    },
    { institution: 'gt-renap', sha256 },
  ]
  const fetchFile = async (path: string) => repo.files.get(path)
  const text = await savedMinutes(state, signatures, fetchFile, NOW)
  const verdict = await verifyMinutes(new TextEncoder().encode(text), { now: NOW })
  expect(verdict).toMatchObject({
    ok: true,
    signatures: [
      { institution: 'hn-sreci', word: 'proven' },
      { institution: 'gt-renap', word: 'account' },
    ],
  })
  state.unread.push('$later')
  expect(await savedMinutes(state, signatures, fetchFile, NOW)).toBeUndefined()
})
