/** What a coordinator signed reaches the partner's clients, through two real nodes, and nobody else's. */
import { identityConfirmationType } from '@enlace/coordination'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { crossKey, deviceKeys, newPair, signed } from '../testing/keys.ts'
import { PASSWORD } from '../testing/node.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

type Json = Record<string, unknown>
type Person = { userId: string; token: string; deviceId: string; at: FederatedNode }

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
beforeAll(async () => {
  world = await federatedWorld()
  ;[hn, gt] = await Promise.all([world.node('hn'), world.node('gt')])
})
afterAll(() => world?.close())

const enc = encodeURIComponent
const person = async (at: FederatedNode, name: string): Promise<Person> => ({
  ...(await at.register(name)),
  at,
})
const ask = (who: Person, method: string, path: string, body?: Json) =>
  who.at.call(method, path, { token: who.token, allowed: true, ...(body ? { body } : {}) })
const password = ({ userId }: Person) => ({ type: 'm.login.password', user: userId, password: PASSWORD })

test('8.3: a coordinator’s confirmation is fetched from the person’s own node by those who share a room', async () => {
  const [ana, coordinator] = [await person(hn, 'ana'), await person(hn, 'coordina')]
  const [beto, stranger] = [await person(gt, 'beto'), await person(gt, 'extrania')]
  const room = String((await ask(ana, 'POST', '/createRoom', { preset: 'public_chat' }))['room_id'])
  await ask(beto, 'POST', `/join/${enc(room)}?via=${enc(hn.serverName)}`, {})
  await hn.ctx.accounts.setPosition(ana.userId, { institution: 'hn-a', role: 'staff' })
  await hn.ctx.accounts.setPosition(coordinator.userId, { institution: 'hn-a', role: 'coordinator' })

  const upload = (who: Person, master_key: Json, auth?: Json) =>
    ask(who, 'POST', '/keys/device_signing/upload', { master_key, ...(auth ? { auth } : {}) })
  const own = newPair()
  const selfSigning = newPair()
  const { keys } = deviceKeys(coordinator)
  await ask(coordinator, 'POST', '/keys/upload', { device_keys: keys })
  await ask(coordinator, 'POST', '/keys/device_signing/upload', {
    master_key: crossKey(coordinator.userId, 'master', own),
    self_signing_key: signed(
      crossKey(coordinator.userId, 'self_signing', selfSigning),
      coordinator.userId,
      own.publicKey,
      own,
    ),
  })
  await ask(coordinator, 'POST', '/keys/signatures/upload', {
    [coordinator.userId]: {
      [coordinator.deviceId]: signed(keys, coordinator.userId, selfSigning.publicKey, selfSigning),
    },
  })
  await upload(ana, crossKey(ana.userId, 'master', newPair()))
  const next = newPair()
  const key = crossKey(ana.userId, 'master', next)
  const { session } = await upload(ana, key, password(ana))
  const confirmation = signed(
    {
      type: identityConfirmationType,
      user_id: ana.userId,
      master_key: next.publicKey,
      institution: 'hn-a',
      confirmed_by: coordinator.userId,
      confirmed_ts: 1_790_000_000_000,
    },
    coordinator.userId,
    own.publicKey,
    own,
  )
  const see = (who: Person) => ask(who, 'GET', `/_enlace/client/v1/identity-confirmations/${enc(ana.userId)}`)
  await ask(coordinator, 'POST', `/_enlace/client/v1/identity-resets/${enc(ana.userId)}/approve`, {
    master_key: next.publicKey,
    confirmation,
    auth: password(coordinator),
  })
  // Approved is not yet there.
  expect(await see(beto)).toMatchObject({ errcode: 'M_NOT_FOUND' })
  expect(await upload(ana, key, { session })).toEqual({ status: 200 })
  expect(await see(beto)).toMatchObject({ status: 200, confirmation })
  expect(await see(stranger)).toMatchObject({ errcode: 'M_NOT_FOUND' })

  await ask(beto, 'POST', `/rooms/${enc(room)}/leave`, {})
  expect(await see(beto)).toMatchObject({ errcode: 'M_NOT_FOUND' })
  // Also a node that asks by itself is told only of people it shares a room with.
  await vi.waitFor(async () => expect(await gt.ctx.identityResets.confirmation(ana.userId)).toBeUndefined(), {
    timeout: 20_000,
    interval: 50,
  })
})
