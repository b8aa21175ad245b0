import { expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { createMeetingFeed } from './meeting-feed.ts'

/** A node as far as calendars of meetings go. */
function node() {
  let address = false
  let mail = false
  const asked: string[] = []
  const request = (async (method: string, path: string, body?: { on?: boolean }) => {
    asked.push(`${method} ${path.split('/meetings/')[1]}`)
    if (method === 'POST') {
      address = true
      return { path: '/_enlace/meetings/calendar/secreto.ics' }
    }
    if (method === 'DELETE') address = false
    if (method === 'PUT') {
      if (body?.on && !address) throw new RequestError(400, { errcode: 'M_INVALID_PARAM' })
      mail = body?.on === true
    }
    return method === 'GET' ? { address: address ? { created_ts: 1 } : null, mail, mail_usable: true } : {}
  }) as unknown as AuthedRequest
  return { request, asked }
}
const BASE = 'https://enlace.example/app/'

test('an address is shown whole once, and goes when it is withdrawn', async () => {
  const { request } = node()
  const feed = createMeetingFeed({ request }, BASE)
  await vi.waitFor(() => expect(feed.state.get().settings).toMatchObject({ address: null }))
  await feed.renew()
  expect(feed.state.get()).toMatchObject({
    settings: { address: { created_ts: 1 } },
    fresh: 'https://enlace.example/_enlace/meetings/calendar/secreto.ics',
    busy: false,
  })
  await feed.mail(true)
  expect(feed.state.get()).toMatchObject({ settings: { mail: true }, fresh: expect.any(String) })
  await feed.revoke()
  expect(feed.state.get()).toEqual({
    settings: { address: null, mail: true, mail_usable: true },
    busy: false,
  })
})

test('what is refused says why, and leaves what is shown', async () => {
  const { request } = node()
  const feed = createMeetingFeed({ request }, BASE)
  await vi.waitFor(() => expect(feed.state.get().busy).toBe(false))
  await feed.mail(true)
  expect(feed.state.get()).toMatchObject({ settings: { mail: false }, busy: false, failure: {} })
  await feed.load()
  expect(feed.state.get().failure).toBeUndefined()
})

test('a server without them, and a page that was left', async () => {
  const absent = (async () => {
    throw new RequestError(404, {})
  }) as unknown as AuthedRequest
  const feed = createMeetingFeed({ request: absent }, BASE)
  await vi.waitFor(() => expect(feed.state.get().settings).toBe('none'))
  const left = createMeetingFeed({ request: node().request }, BASE)
  left.close()
  await Promise.resolve()
  await Promise.resolve()
  expect(left.state.get().settings).toBeUndefined()
})
