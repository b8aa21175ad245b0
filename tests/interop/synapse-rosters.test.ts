/**
 * Issue 9, item 3, with a stock Synapse on the list: what its user says in the profile makes nobody of them; the signed roster of
 * their institution lets them into a topic channel, in a room version that their server knows; struck from it they are out, and
 * what is said next cannot be read there.
 */
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { MatrixEvent } from 'matrix-js-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coordinatorOf, foundChannel, foundCorridor } from '../../packages/homeserver/src/testing/channels.ts'
import { directoryOf } from '../../packages/homeserver/src/testing/node.ts'
import { RosterRegistry } from '../../packages/homeserver/src/testing/rosters.ts'
import {
  eventually,
  type FederatedNode,
  type FederatedWorld,
  federatedWorld,
} from '../../packages/homeserver/src/testing/world.ts'
import { sdk, texts } from './encrypted.ts'
import {
  act,
  as,
  asServer,
  enc,
  enter,
  interop,
  type Person,
  register,
  type Server,
  startSynapse,
  withoutSynapse,
} from './synapse.ts'

const institutions = {
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'gt-pgn': { kind: 'child_protection', country: 'GT' },
}

describe.skipIf(withoutSynapse)(interop('An institution on Synapse, with a signed roster'), () => {
  const registry = new RosterRegistry(institutions)
  let world: FederatedWorld
  let node: FederatedNode
  let enlace: Server
  let synapse: Server

  beforeAll(async () => {
    world = await federatedWorld()
    const port = await freePort()
    const federation = await registry.open(world)
    synapse = await startSynapse(world)
    await registry.list([
      { server_name: `localhost:${port}`, institutions: ['hn-dinaf'] },
      { server_name: synapse.name, institutions: ['gt-pgn'] },
    ])
    node = await world.node(
      'localhost',
      { federation, institutions: ['hn-dinaf'] },
      { ports: { port, publicPort: port }, overrides: { directory: () => directoryOf(institutions) } },
    )
    registry.nodes.push(node)
    enlace = asServer(node)
  }, 180_000)
  afterAll(async () => {
    await synapse?.stop()
    await world?.close()
    await registry.close()
  })

  const out = (person: Person, room: string) =>
    eventually(
      `${person.userId} is out, as their own server sees it`,
      async () => {
        const { joined_rooms } = await as(person, 'GET', '/joined_rooms')
        return !(joined_rooms as string[]).includes(room)
      },
      60_000,
    )

  test.each(['10', '11', '12'])(
    'in room version %s',
    async (roomVersion) => {
      const founder = await coordinatorOf(node, `coordinacion${roomVersion}`, 'hn-dinaf')
      const { device_id } = await enlace.call('GET', '/account/whoami', founder.token)
      const chief: Person = {
        server: enlace,
        userId: founder.userId,
        deviceId: String(device_id),
        token: founder.token,
      }
      await registry.roster('hn-dinaf', [{ userId: chief.userId, role: 'coordinator' }])
      await registry.roster('gt-pgn', [])
      const worker = await register(synapse)
      for (const [key, value] of [
        ['org.enlace.institution', 'gt-pgn'],
        ['org.enlace.role', 'official'],
      ] as const)
        await as(worker, 'PUT', `/profile/${enc(worker.userId)}/${key}`, { [key]: value })
      const corridor = await foundCorridor(founder)
      const room = await foundChannel(founder, corridor, 'minors', { roomVersion })
      const invite = () => act(chief, room, 'invite', { user_id: worker.userId })

      await expect(invite()).rejects.toThrow('403')
      expect(await node.ctx.policy.memberOf(worker.userId)).toEqual({})

      await registry.roster('gt-pgn', [{ userId: worker.userId, role: 'official' }])
      await invite()
      await enter(worker, room, enlace)
      expect(await node.ctx.policy.memberOf(worker.userId)).toMatchObject({ role: 'official' })
      const [here, there] = [await sdk(chief), await sdk(worker)]
      try {
        await eventually('both are there', () =>
          [here, there].every((client) => client.getRoom(room)?.getJoinedMemberCount() === 2),
        )
        await eventually('its device is known', async () => {
          const devices = await here.getCrypto()!.getUserDeviceInfo([worker.userId], true)
          return devices.get(worker.userId)?.has(worker.deviceId)
        })
        await here.sendTextMessage(room, 'resolución del juzgado')
        await eventually(
          'it is read there',
          () => texts(there, room).includes('resolución del juzgado'),
          60_000,
        )

        await registry.roster('gt-pgn', [])
        await out(worker, room)
        await eventually('it is seen here', () => here.getRoom(room)?.getJoinedMemberCount() === 1)
        const { event_id } = await here.sendTextMessage(room, 'dirección del albergue')
        // Also where somebody handed the ciphertext over.
        const raw = await as(chief, 'GET', `/rooms/${enc(room)}/event/${enc(event_id)}`)
        expect(raw['type']).toBe('m.room.encrypted')
        const event = new MatrixEvent(raw)
        await there.decryptEventIfNeeded(event)
        expect(event.isDecryptionFailure()).toBe(true)
        expect(JSON.stringify(event.getContent())).not.toContain('albergue')
        await expect(invite()).rejects.toThrow('403')
      } finally {
        here.stopClient()
        there.stopClient()
      }
    },
    180_000,
  )
})
