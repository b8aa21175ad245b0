import 'fake-indexeddb/auto'
import { EventEmitter } from 'node:events'
import { restartCode } from '@enlace/coordination'
import type { MatrixClient } from 'matrix-js-sdk'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { makeIdentity, type NewIdentity } from './new-identity.ts'
import { createRestart } from './restart.ts'

const ME = '@ana:hn'
let database: OwnDatabase
beforeEach(async () => {
  database = await openOwnDatabase(ME)
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(ME)
})

const KEY = { user_id: ME, usage: ['master'], keys: { 'ed25519:M': 'M' } }
const identity: NewIdentity = {
  masterKey: 'M',
  upload: { master_key: KEY, self_signing_key: KEY, user_signing_key: KEY },
  seeds: { master: 'm', selfSigning: 's', userSigning: 'u' },
}

/** A node that asks for the password, and then for whatever the test says. */
function world(needs: 'password' | 'coordinator' = 'coordinator') {
  const says = { state: 'waiting', password: 'la buena', offline: false }
  const done = { adopted: [] as string[], withdrawn: 0, expected: [] as string[], uploads: 0 }
  const client = Object.assign(new EventEmitter(), { getSafeUserId: () => ME })
  const stage = 'org.enlace.coordinator'
  const question = (more: object) =>
    new RequestError(401, { session: 's1', flows: [{ stages: ['m.login.password', stage] }], ...more })
  const request = async (_method: string, path: string, body?: unknown) => {
    if (says.offline) throw new TypeError('offline')
    if (path.endsWith('/withdraw')) {
      done.withdrawn += 1
      return {}
    }
    done.uploads += 1
    const { auth } = body as { auth?: { type?: string; password?: string } }
    if (!auth) throw question({})
    if (auth.type === 'm.login.password') {
      if (auth.password !== says.password) throw question({ errcode: 'M_FORBIDDEN' })
      if (needs === 'password') return {}
    } else if (says.state === 'forgotten') throw question({})
    else if (says.state === 'approved') return {}
    throw question({
      completed: ['m.login.password'],
      params: { [stage]: { state: says.state, by: 'coordinator', coordinators: ['@c:hn'], expires_ts: 9 } },
    })
  }
  const open = () =>
    createRestart({
      client: client as unknown as MatrixClient,
      request,
      database,
      own: {
        expect: async (key) => {
          done.expected.push(key)
        },
      },
      adopt: async ({ masterKey }) => {
        done.adopted.push(masterKey)
      },
      make: async () => identity,
    })
  return { says, done, open, alert: () => client.emit('accountData', { getType: () => 'org.enlace.alerts' }) }
}

describe('8.3: starting again', () => {
  test('waits with a code of the key made here, over a restart, and goes on once approved', async () => {
    const { says, done, open, alert } = world()
    const first = await open()
    await first.begin({ password: 'la buena' })
    const code = await restartCode(ME, 'M')
    const waiting = { step: 'waiting', code, by: 'coordinator', coordinators: ['@c:hn'] }
    expect(first.state.get()).toMatchObject(waiting)
    expect([done.adopted, done.expected]).toEqual([[], ['M']])
    first.close()

    const second = await open()
    expect(second.state.get()).toMatchObject(waiting)
    says.offline = true
    await second.look()
    expect(second.state.get()).toMatchObject(waiting)
    says.offline = false
    says.state = 'approved'
    alert()
    await vi.waitFor(() => expect(second.state.get()).toEqual({ step: 'none' }))
    expect(done.adopted).toEqual(['M'])
    second.close()
    const third = await open()
    expect(third.state.get()).toEqual({ step: 'none' })
    third.close()
  })

  test('a wrong password asks nothing of anybody', async () => {
    const { done, open } = world()
    const restart = await open()
    await expect(restart.begin({ password: 'otra' })).rejects.toMatchObject({ httpStatus: 401 })
    expect(restart.state.get()).toEqual({ step: 'none' })
    expect(done.adopted).toEqual([])
    restart.close()
  })

  test('where nobody has to approve it is done at once', async () => {
    const { done, open } = world('password')
    const restart = await open()
    await restart.begin({ password: 'la buena' })
    expect([restart.state.get(), done.adopted]).toEqual([{ step: 'none' }, ['M']])
    restart.close()
  })

  test.each([
    ['refused', 'refused'],
    ['denied', 'denied'],
    ['expired', 'expired'],
    ['forgotten', 'expired'],
  ])('%s is over, stays so over a restart, and can be put away', async (state, why) => {
    const { says, done, open } = world()
    const restart = await open()
    await restart.begin({ password: 'la buena' })
    says.state = state
    await restart.look()
    expect(restart.state.get()).toEqual({ step: 'over', why })
    restart.close()
    const again = await open()
    expect(again.state.get()).toEqual({ step: 'over', why })
    await again.cancel()
    expect([again.state.get(), done.withdrawn, done.adopted]).toEqual([{ step: 'none' }, 0, []])
    again.close()
  })

  test('giving up tells the node', async () => {
    const { done, open } = world()
    const restart = await open()
    await restart.begin({ password: 'la buena' })
    await restart.cancel()
    expect([restart.state.get(), done.withdrawn]).toEqual([{ step: 'none' }, 1])
    restart.close()
  })
})

test('8.3: the keys are made apart from this device, and none of them carries a signature of a device', async () => {
  const [one, two] = [await makeIdentity(ME), await makeIdentity(ME)]
  expect(one.masterKey).toMatch(/^[A-Za-z0-9+/]{43}$/)
  expect(one.masterKey).not.toBe(two.masterKey)
  expect(one.upload.master_key).toMatchObject({ user_id: ME, usage: ['master'] })
  expect(one.upload.master_key['signatures']).toBeUndefined()
  expect(Object.keys((one.upload.self_signing_key['signatures'] as Record<string, object>)[ME]!)).toEqual([
    `ed25519:${one.masterKey}`,
  ])
})
