/** Rooms shared with another implementation, Synapse: every step of a membership, in each room version, from either side. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  type FederatedWorld,
  federatedWorld,
} from '../../packages/homeserver/src/testing/world.ts'
import {
  act,
  as,
  asServer,
  create,
  enc,
  enter,
  getState,
  heard,
  hears,
  interop,
  type Json,
  next,
  register,
  type Server,
  say,
  section,
  sees,
  setState,
  startSynapse,
  stateIds,
  withoutSynapse,
} from './synapse.ts'

let world: FederatedWorld
let synapse: Server
let enlace: Server

describe.skipIf(withoutSynapse)(interop('Rooms shared with Synapse'), () => {
  beforeAll(async () => {
    world = await federatedWorld()
    enlace = asServer(await world.node('localhost'))
    synapse = await startSynapse(world)
  }, 120_000)
  afterAll(async () => {
    await synapse?.stop()
    await world?.close()
  })

  describe.each(['10', '11', '12'])('room version %s', (room_version) => {
    describe.each(['from Enlace', 'from Synapse'])('%s', (direction) => {
      const pair = async () => {
        const [home, away] = direction === 'from Enlace' ? [enlace, synapse] : [synapse, enlace]
        return [await register(home), await register(away)] as const
      }
      const rules = (content: Json) => [{ type: 'm.room.join_rules', state_key: '', content }]

      test('join, history, messages and state both ways, redaction', async () => {
        const [ana, beto] = await pair()
        const room = await create(ana, { preset: 'public_chat', room_version })
        const before = Array.from({ length: 40 }, (_, i) => `antes ${i}`)
        for (const body of before) await say(ana, room, body)
        await enter(beto, room, ana.server)
        await eventually('history', async () => (await heard(beto, room)).length >= before.length)
        expect(await heard(beto, room)).toEqual(before)
        const id = await say(ana, room, 'uno')
        await hears(beto, room, 'uno')
        await say(beto, room, 'dos')
        await hears(ana, room, 'dos')
        await setState(ana, room, 'm.room.topic', { topic: 'tema' })
        await eventually(
          'topic',
          async () => (await getState(beto, room, 'm.room.topic'))?.['topic'] === 'tema',
        )
        await as(ana, 'PUT', `/rooms/${enc(room)}/redact/${enc(id)}/t${next()}`, {})
        await eventually('redaction', async () => !(await heard(beto, room)).includes('uno'))
        const own = await say(beto, room, 'tres')
        await hears(ana, room, 'tres')
        await as(beto, 'PUT', `/rooms/${enc(room)}/redact/${enc(own)}/t${next()}`, { reason: 'error' })
        await eventually('redaction', async () => !(await heard(ana, room)).includes('tres'))
        expect(await stateIds(beto, room)).toEqual(await stateIds(ana, room))
      })

      test('invitations: accepted, refused, taken back', async () => {
        const [ana, beto] = await pair()
        const invited = async () => {
          const room = await create(ana, { preset: 'private_chat', room_version, invite: [beto.userId] })
          await eventually('invitation', () => section(beto, 'invite', room).then(Boolean))
          return room
        }
        const first = await invited()
        await act(beto, first, 'join')
        await say(beto, first, 'hola')
        await hears(ana, first, 'hola')
        const second = await invited()
        await act(beto, second, 'leave')
        await sees(ana, second, beto, 'leave')
        const third = await invited()
        await act(ana, third, 'kick', { user_id: beto.userId })
        await eventually('withdrawal', async () => !(await section(beto, 'invite', third)))
      })

      test('removed, banned, admitted again, with the right to remove others', async () => {
        const [ana, beto] = await pair()
        const caro = await register(beto.server)
        const room = await create(ana, { preset: 'public_chat', room_version })
        await enter(beto, room, ana.server)
        await enter(caro, room, ana.server)
        await sees(ana, room, caro, 'join')
        await act(ana, room, 'kick', { user_id: caro.userId, reason: 'turno terminado' })
        await sees(beto, room, caro, 'leave')
        await enter(caro, room, ana.server)
        await sees(ana, room, caro, 'join')
        await act(ana, room, 'ban', { user_id: caro.userId })
        await sees(beto, room, caro, 'ban')
        await expect(enter(caro, room, ana.server)).rejects.toThrow(': 403 ')
        await act(ana, room, 'unban', { user_id: caro.userId })
        await sees(beto, room, caro, 'leave')
        await enter(caro, room, ana.server)
        await sees(ana, room, caro, 'join')
        const levels = await getState(ana, room, 'm.room.power_levels')
        const users = { ...(levels?.['users'] as Json), [beto.userId]: 50 }
        await setState(ana, room, 'm.room.power_levels', { ...levels, users })
        await eventually('levels', async () => {
          const seen = await getState(beto, room, 'm.room.power_levels')
          return (seen?.['users'] as Json | undefined)?.[beto.userId] === 50
        })
        await act(beto, room, 'ban', { user_id: caro.userId })
        await sees(ana, room, caro, 'ban')
        await expect(act(beto, room, 'kick', { user_id: ana.userId })).rejects.toThrow('M_FORBIDDEN')
        expect(await stateIds(beto, room)).toEqual(await stateIds(ana, room))
      })

      test('restricted rooms, knocking, and coming back after leaving', async () => {
        const [ana, beto] = await pair()
        const space = await create(ana, { preset: 'public_chat', room_version })
        const allow = [{ type: 'm.room_membership', room_id: space }]
        const restricted = await create(ana, {
          preset: 'private_chat',
          room_version,
          initial_state: rules({ join_rule: 'restricted', allow }),
        })
        await expect(enter(beto, restricted, ana.server)).rejects.toThrow('M_FORBIDDEN')
        await enter(beto, space, ana.server)
        await enter(beto, restricted, ana.server)
        const knocked = await create(ana, {
          preset: 'private_chat',
          room_version,
          initial_state: rules({ join_rule: 'knock' }),
        })
        const via = `via=${enc(ana.server.name)}&server_name=${enc(ana.server.name)}`
        await as(beto, 'POST', `/knock/${enc(knocked)}?${via}`, {})
        await eventually('knock', () => section(beto, 'knock', knocked).then(Boolean))
        await act(ana, knocked, 'invite', { user_id: beto.userId })
        await eventually('answer', () => section(beto, 'invite', knocked).then(Boolean))
        await enter(beto, knocked, ana.server)
        await act(beto, space, 'leave')
        await sees(ana, space, beto, 'leave')
        await say(ana, space, 'mientras tanto')
        await enter(beto, space, ana.server)
        await hears(beto, space, 'mientras tanto')
      })

      test('found by its address and in a space', async () => {
        const [ana, beto] = await pair()
        const name = `sala-${next()}`
        const room = await create(ana, { preset: 'public_chat', room_version, room_alias_name: name, name })
        const space = await create(ana, {
          preset: 'public_chat',
          room_version,
          creation_content: { type: 'm.space' },
          initial_state: [
            { type: 'm.space.child', state_key: room, content: { via: [ana.server.name] } },
            {
              type: 'm.room.history_visibility',
              state_key: '',
              content: { history_visibility: 'world_readable' },
            },
          ],
        })
        const alias = `#${name}:${ana.server.name}`
        const found = await as(beto, 'GET', `/directory/room/${enc(alias)}`)
        expect(found).toMatchObject({ room_id: room, servers: expect.arrayContaining([ana.server.name]) })
        await enter(beto, space, ana.server)
        const tree = await as(beto, 'GET', `/_matrix/client/v1/rooms/${enc(space)}/hierarchy`)
        expect(tree['rooms']).toEqual([
          expect.objectContaining({ room_id: space, room_type: 'm.space' }),
          expect.objectContaining({ room_id: room, name, num_joined_members: 1 }),
        ])
        const joined = await as(beto, 'POST', `/join/${enc(alias)}`, {})
        expect(joined['room_id']).toBe(room)
        await as(ana, 'PUT', `/directory/list/room/${enc(room)}`, { visibility: 'public' })
        const list = await as(beto, 'POST', `/publicRooms?server=${enc(ana.server.name)}`, {
          limit: 100,
          filter: { generic_search_term: name },
        })
        expect(list['chunk']).toEqual([expect.objectContaining({ room_id: room, num_joined_members: 2 })])
      })
    })
  })
})
