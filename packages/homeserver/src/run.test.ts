import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startChildNode } from './testing/child-node.ts'
import { startDatabaseLine } from './testing/database-line.ts'

test.each([
  ['throw', 'uncaughtException', 'thrown where nobody catches'],
  ['reject', 'unhandledRejection', 'rejected where nobody looks'],
  ['reject with a text', 'unhandledRejection', 'something that is no error was thrown'],
])(
  'an error that nobody handles ends the node in good order, and is told without what it carries: %s',
  async (fault, kind, message) => {
    const node = await startChildNode()
    const exited = once(node.child, 'close')
    node.child.send(fault)
    expect((await exited)[0]).toBe(1)
    const fatal = node.lines().filter((line) => line['level'] === 60)
    expect(fatal).toHaveLength(1)
    expect(fatal[0]).toMatchObject({ kind, err: { message } })
    expect(node.output()).not.toContain('palabra-del-documento')
    // Ended, not torn down: the database was closed by the node.
    expect(node.output()).not.toContain('ended unexpectedly')
  },
  180_000,
)

test('a database that restarts makes the node unready, not dead: it goes on, with what was acknowledged', async () => {
  const line = await startDatabaseLine()
  const node = await startChildNode({ database: { uri: line.uri } })
  let token = ''
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(node.url + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const v3 = '/_matrix/client/v3'
  const registered = await ask('POST', `${v3}/register`, {
    auth: { type: 'm.login.dummy' },
    username: 'guardia',
    password: 'una contraseña larga',
  })
  token = String(registered.body['access_token'])
  const created = await ask('POST', `${v3}/createRoom`, {})
  const room = `${v3}/rooms/${encodeURIComponent(String(created.body['room_id']))}`
  const ready = async () => (await ask('GET', '/readyz')).status

  const acknowledged: string[] = []
  let going = true
  const writer = async (who: number) => {
    for (let n = 0; going; n++) {
      const sent = await ask('PUT', `${room}/send/m.room.message/${who}.${n}`, {
        msgtype: 'm.text',
        body: 'x'.repeat(20_000),
      })
      if (sent.status === 200) acknowledged.push(String(sent.body['event_id']))
    }
  }
  const writers = [1, 2, 3].map(writer)
  for (const how of ['reset', 'closed', 'closed'] as const) {
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before)
    await line.cut(how)
    await expect.poll(ready, { timeout: 60_000 }).toBe(503)
    node.child.send('break a line')
    await line.restore()
    await expect.poll(ready, { timeout: 60_000 }).toBe(200)
  }
  going = false
  await Promise.all(writers)
  for (const id of acknowledged)
    expect((await ask('GET', `${room}/event/${encodeURIComponent(id)}`)).status).toBe(200)
  expect(node.lines().filter((entry) => entry['level'] === 60)).toEqual([])
  expect(node.child.exitCode).toBeNull()
}, 180_000)

test('on SIGHUP a running node takes its file: all of it, or nothing, and says why', async () => {
  const node = await startChildNode({ registration: 'closed' })
  const register = async () => {
    const answer = await fetch(`${node.url}/_matrix/client/v3/register`, {
      method: 'POST',
      body: JSON.stringify({
        auth: { type: 'm.login.dummy' },
        username: `p${Math.random().toString(36).slice(2)}`,
        password: 'una contraseña larga',
      }),
    })
    return answer.status
  }
  const said = (msg: string) => node.lines().filter((line) => line['msg'] === msg)
  expect(await register()).toBe(403)
  await node.configure({ registration: 'open' })
  node.child.kill('SIGHUP')
  await expect.poll(() => said('configuration applied').length, { timeout: 60_000 }).toBe(1)
  expect(said('configuration applied')[0]).toMatchObject({ keys: ['registration'] })
  expect(await register()).toBe(200)
  // One key is good, one needs a restart: nothing counts, and the node goes on.
  await node.configure({ registration: 'closed', server_name: 'otro.example' })
  node.child.kill('SIGHUP')
  await expect.poll(() => said('the configuration was not applied').length, { timeout: 60_000 }).toBe(1)
  expect(JSON.stringify(said('the configuration was not applied')[0])).toContain('server_name')
  expect(await register()).toBe(200)
  expect(await node.stop()).toBe(0)
}, 180_000)
