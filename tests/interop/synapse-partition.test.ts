/**
 * The way to the partner is cut and both sides go on: with Synapse as the other implementation, what was said arrives
 * once and in order, and conflicting states resolve to the same on both.
 */
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  type FederatedWorld,
  federatedWorld,
} from '../../packages/homeserver/src/testing/world.ts'
import {
  act,
  asServer,
  create,
  enter,
  getState,
  heard,
  interop,
  type Json,
  type Link,
  link,
  type Person,
  register,
  type Server,
  say,
  sees,
  setState,
  startSynapse,
  stateIds,
  withoutSynapse,
} from './synapse.ts'

let world: FederatedWorld
let synapse: Server
let enlace: Server
const links: Link[] = []
const cut = () => {
  for (const one of links) one.cut()
}
const heal = () => {
  for (const one of links) one.heal()
}

/** Reproducible choices: a run that fails is repeated with the seed it names. */
function chooser(seed: number) {
  let state = seed >>> 0
  return (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

describe.skipIf(withoutSynapse)(interop('Cut off from Synapse'), () => {
  beforeAll(async () => {
    world = await federatedWorld()
    const ports = [await freePort(), await freePort()] as const
    links.push(await link(ports[0]), await link(ports[1]))
    enlace = asServer(
      await world.node('localhost', {}, { ports: { port: ports[0], publicPort: links[0]!.port } }),
    )
    synapse = await startSynapse(world, { federationPort: ports[1], link: links[1]! })
  }, 120_000)
  afterAll(async () => {
    await synapse?.stop()
    await world?.close()
    for (const one of links) await one.close()
  })

  const sides = (direction: string) =>
    direction === 'from Enlace' ? ([enlace, synapse] as const) : ([synapse, enlace] as const)

  /** Talks until both servers have each other's last word, then waits for the same state. */
  async function settle(room: string, people: readonly Person[], word: string): Promise<void> {
    let round = 0
    for (const from of people) {
      for (const to of people) {
        if (from === to) continue
        await eventually(
          `${to.userId} hears ${from.userId} again`,
          async () => {
            // A partner that backs off tries again when there is something new.
            const body = `${word} ${from.userId} ${round++}`
            await say(from, room, body)
            await new Promise((done) => setTimeout(done, 300))
            return (await heard(to, room)).includes(body)
          },
          60_000,
        )
      }
    }
  }

  describe.each(['from Enlace', 'from Synapse'])('%s', (direction) => {
    test('messages of a cut arrive once and in order, on both sides', async () => {
      const [home, away] = sides(direction)
      const [ana, beto] = [await register(home), await register(away)]
      const room = await create(ana, { preset: 'public_chat' })
      await enter(beto, room, ana.server)
      await sees(ana, room, beto, 'join')
      cut()
      const said: string[][] = [[], []]
      for (let i = 0; i < 35; i++) {
        for (const [index, person] of [ana, beto].entries()) {
          const body = `${index === 0 ? 'ana' : 'beto'} ${i}`
          said[index]!.push(body)
          await say(person, room, body)
        }
      }
      heal()
      await settle(room, [ana, beto], 'de vuelta')
      const all = said.flat()
      for (const reader of [ana, beto]) {
        const texts = await eventually(
          `${reader.userId} has all`,
          async () => {
            const found = (await heard(reader, room, 200)).filter((body) => all.includes(body))
            return found.length >= all.length && found
          },
          60_000,
        )
        expect(texts.filter((body) => body.startsWith('ana'))).toEqual(said[0])
        expect(texts.filter((body) => body.startsWith('beto'))).toEqual(said[1])
      }
    })

    test('a partner that was stopped gets what it missed when it is back', async () => {
      const [home, away] = sides(direction)
      const [ana, beto] = [await register(home), await register(away)]
      const room = await create(ana, { preset: 'public_chat' })
      await enter(beto, room, ana.server)
      await sees(ana, room, beto, 'join')
      await away.stop()
      const missed = Array.from({ length: 25 }, (_, i) => `sin respuesta ${i}`)
      for (const body of missed) await say(ana, room, body)
      await setState(ana, room, 'm.room.topic', { topic: 'urgente' })
      await away.start()
      await settle(room, [ana, beto], 'otra vez')
      expect((await heard(beto, room)).filter((body) => missed.includes(body))).toEqual(missed)
      expect((await getState(beto, room, 'm.room.topic'))?.['topic']).toBe('urgente')
    })

    test.each(['10', '11', '12'])('conflicting states of version %s resolve alike', async (room_version) => {
      const [home, away] = sides(direction)
      const [ana, beto] = [await register(home), await register(away)]
      const others = [await register(home), await register(away)] as const
      const room = await create(ana, { preset: 'public_chat', room_version })
      for (const person of [beto, ...others]) await enter(person, room, ana.server)
      for (const person of [beto, ...others]) await sees(ana, room, person, 'join')
      const before = (await getState(ana, room, 'm.room.power_levels')) as { users: Json }
      const levels = (users: Json) => ({ ...before, users: { ...before.users, ...users } })
      await setState(ana, room, 'm.room.power_levels', levels({ [beto.userId]: 100 }))
      await eventually('levels', async () => {
        const seen = await getState(beto, room, 'm.room.power_levels')
        return (seen?.['users'] as Json | undefined)?.[beto.userId] === 100
      })
      cut()
      // One side shuts the other's guest out, the other gives that guest rights and lets it act on them.
      const [mine, theirs] = others
      await setState(ana, room, 'm.room.topic', { topic: 'de ana' })
      await act(ana, room, 'ban', { user_id: theirs.userId })
      await setState(ana, room, 'm.room.name', { name: 'nombre de ana' })
      await setState(beto, room, 'm.room.topic', { topic: 'de beto' })
      await setState(beto, room, 'm.room.power_levels', levels({ [beto.userId]: 100, [theirs.userId]: 50 }))
      await setState(theirs, room, 'm.room.name', { name: 'nombre del invitado' })
      await setState(beto, room, 'm.room.join_rules', { join_rule: 'invite' })
      await act(theirs, room, 'kick', { user_id: mine.userId })
      heal()
      await settle(room, [ana, beto], 'paz')
      const here = await stateIds(ana, room)
      expect(await stateIds(beto, room)).toEqual(here)
      expect(await heard(ana, room)).toEqual(expect.arrayContaining(await heard(beto, room)))
    })
  })

  test.each(['10', '11', '12'])(
    'whatever both sides do in several cuts, states of version %s agree',
    async (room_version) => {
      const seed = Number(process.env['ENLACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
      const choose = chooser(seed)
      const [ana, beto] = [await register(enlace), await register(synapse)]
      const crowd: Person[] = []
      for (let i = 0; i < 4; i++) crowd.push(await register(i % 2 === 0 ? enlace : synapse))
      const room = await create(ana, { preset: 'public_chat', room_version })
      for (const person of [beto, ...crowd]) await enter(person, room, ana.server)
      const start = (await getState(ana, room, 'm.room.power_levels')) as { users: Json }
      await setState(ana, room, 'm.room.power_levels', {
        ...start,
        users: {
          ...start.users,
          [beto.userId]: 100,
          ...(room_version === '12' ? {} : { [ana.userId]: 100 }),
        },
      })
      await settle(room, [ana, beto], 'listos')
      const everyone = [ana, beto, ...crowd]
      // A refusal is an answer as good as any: rights change while they act.
      const attempt = (what: Promise<unknown>) =>
        what.catch((error: Error) => expect(error.message).toMatch(/: 40[034] /))
      for (let round = 0; round < 4; round++) {
        cut()
        for (let step = 0; step < 14; step++) {
          const actor = choose(3) === 0 ? everyone[choose(everyone.length)]! : choose(2) === 0 ? ana : beto
          const target = crowd[choose(crowd.length)]!
          const value = `${round}.${step}`
          switch (choose(9)) {
            case 0:
              await attempt(setState(actor, room, 'm.room.topic', { topic: value }))
              break
            case 1:
              await attempt(setState(actor, room, 'm.room.name', { name: value }))
              break
            case 2:
              await attempt(act(actor, room, 'kick', { user_id: target.userId }))
              break
            case 3:
              await attempt(act(actor, room, 'ban', { user_id: target.userId }))
              break
            case 4:
              await attempt(act(actor, room, 'unban', { user_id: target.userId }))
              break
            case 5: {
              const now = (await getState(actor, room, 'm.room.power_levels')) as { users: Json } | undefined
              if (!now) break
              const users = { ...now.users, [target.userId]: choose(3) * 50 }
              await attempt(setState(actor, room, 'm.room.power_levels', { ...now, users }))
              break
            }
            case 6: {
              const join_rule = choose(2) === 0 ? 'public' : 'invite'
              await attempt(setState(actor, room, 'm.room.join_rules', { join_rule }))
              break
            }
            case 7:
              await attempt(act(target, room, choose(2) === 0 ? 'leave' : 'join'))
              break
            default:
              await attempt(say(actor, room, value))
          }
        }
        heal()
        await settle(room, [ana, beto], `ronda ${round}`)
        const here = await stateIds(ana, room)
        await eventually(
          `the same state (ENLACE_SEED=${seed})`,
          async () => JSON.stringify(await stateIds(beto, room)) === JSON.stringify(here),
          10_000,
        ).catch(async () => expect(await stateIds(beto, room), `ENLACE_SEED=${seed}`).toEqual(here))
      }
    },
  )
})
