import { fileURLToPath } from 'node:url'
import { type EscalationStage, escalationStepEventType } from '@enlace/coordination'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { behindCable, type Cable } from './support/cable.ts'
import { type Entry, Someone, setClock, shared, type View } from './support/escalations.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/**
 * Chains on two real nodes: the Guatemalan one raises the calls and runs the chains, the Honduran one alerts its people.
 * Processes are killed, the cable between them is cut, clocks jump.
 */
let network: TestNetwork
let cables: Cable[]
let room: string
let others: Someone[]
let about: string
let shelter: Someone
let registrar: Someone
let officialHn: Someone

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Most of a day: less than a federation list lives, without which a node talks to nobody. */
const FAR = 18 * HOUR
/** Far longer than a test: only a jump of the clock ends it. */
const WITHIN = 30 * MINUTE
const chain: EscalationStage[] = [
  { level: 'focal_point', institutions: ['hn-rnp-sps'], roles: ['staff'], within_ms: WITHIN },
  { level: 'national_liaison', country: 'HN', roles: ['official'], within_ms: WITHIN },
  { level: 'binational_committee', roles: ['coordinator', 'official'], within_ms: WITHIN },
]
/** How far the raising node's clock is ahead. */
let ahead = 0

beforeAll(async () => {
  const shiftedClock = fileURLToPath(new URL('./support/shifted-clock.ts', import.meta.url))
  network = await startTestNetwork({
    nodeConfig: { rate_limits: 'off' },
    nodeFlags: ['--import', shiftedClock],
  })
  cables = await Promise.all([behindCable(network.gt), behindCable(network.hn)])
  shelter = new Someone(network.gt, 'albergue.gt')
  registrar = new Someone(network.hn, 'registro.hn')
  officialHn = new Someone(network.hn, 'oficial.hn')
  others = ['juzgado.gt', 'registro.gt', 'coordinacion.gt', 'oficial.gt'].map(
    (localpart) => new Someone(network.gt, localpart),
  )
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  room = String((await registrar.matrix('GET', `/directory/room/${alias}`))['room_id'])
  about = await message(shelter)
})

afterAll(() => network?.dispose())

const cut = () => Promise.all(cables.map((one) => one.cut()))
const mend = () => Promise.all(cables.map((one) => one.mend()))
const jump = (ms: number) => {
  ahead += ms
  return setClock(network.gt, ahead)
}
const message = (who: Someone) =>
  who.send(room, 'm.room.encrypted', { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' })
/** Several people, each about a message of its own: nobody calls without end, nor twice about the same. */
const raiseMany = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const who = others[n % others.length]!
      return who.raise(room, await message(who), chain)
    }),
  )
const stepsOf = (history: Entry[] | undefined) =>
  history?.filter((one) => one.what === 'step').map((one) => one.step)

/** Both nodes show the escalation alike, and as the test wants it. */
function alike(what: string, id: string, check: (view: View) => boolean): Promise<View> {
  return eventually(what, async () => {
    const [gt, hn] = await Promise.all([shelter.view(id), registrar.view(id)])
    return gt && hn && check(gt) && JSON.stringify(shared(gt)) === JSON.stringify(shared(hn)) && gt
  })
}

/** Each chain has taken exactly these steps, in the history and in the log of both nodes; nothing was refused. */
async function expectSteps(ids: string[], steps: number[]): Promise<void> {
  for (const id of ids) {
    const view = await alike(`step ${steps.at(-1)} of ${id} on both nodes`, id, (one) => {
      const taken = stepsOf(one.history) ?? []
      return taken.length >= steps.length
    })
    expect(stepsOf(view.history)).toEqual(steps)
    expect(view.refused).toEqual([])
  }
  for (const person of [shelter, registrar]) {
    const log = await person.log(room, escalationStepEventType)
    for (const id of ids) {
      const own = log.filter(
        ({ content }) => (content['m.relates_to'] as { event_id?: string }).event_id === id,
      )
      expect(own.map(({ content }) => content['step'])).toEqual(steps)
    }
  }
}

describe('a raising node that is killed', () => {
  test('takes every step once, whenever it dies', async () => {
    const ids = await raiseMany(16)
    // Just before the steps are due; they fall due while it is dead.
    await jump(WITHIN - MINUTE)
    await network.gt.process.kill()
    await jump(2 * MINUTE)
    await network.gt.restart()

    // In the middle of the steps: some have reached the partner, others are not sent yet.
    const some = async () => {
      const log = await registrar.log(room, escalationStepEventType)
      return log.filter(({ content }) =>
        ids.includes(String((content['m.relates_to'] as { event_id?: string }).event_id)),
      ).length
    }
    await eventually('a first step at the partner', async () => (await some()) > 0)
    await network.gt.process.kill()
    await network.gt.restart()
    await eventually('more steps', async () => (await some()) > 3)
    await network.gt.process.kill()
    await network.gt.restart()
    await expectSteps(ids, [1])

    // While it looks at its clock, and just after.
    await jump(WITHIN + MINUTE)
    await eventually('a second step', async () => (await some()) > ids.length)
    await network.gt.process.kill()
    await network.gt.restart()
    await expectSteps(ids, [1, 2])
    await network.gt.process.kill()
    await network.gt.restart()
    await expectSteps(ids, [1, 2])

    // Nobody was alerted twice for it, and one answer ends it.
    const [first] = ids
    const alerts = await officialHn.alerts(first!)
    expect(alerts).toHaveLength(2)
    await registrar.acknowledge(room, first!)
    await alike('the answer', first!, (view) => view.acknowledged_by === registrar.userId)
    await Promise.all(ids.slice(1).map((id) => officialHn.act(room, id, 'resolve')))
    for (const id of ids.slice(1)) await alike('the end', id, (view) => view.state === 'resolved')
  })
})

describe('a partner that is cut off', () => {
  test('counts as no answer; everyone sees why, and its people are called once when it is back', async () => {
    await cut()
    const id = await shelter.raise(room, about, chain)
    await jump(WITHIN + MINUTE)
    const alone = await eventually('the next step', async () => {
      const view = await shelter.view(id)
      return view?.step === 1 && view
    })
    const step = alone.history.find((one) => one.what === 'step')
    expect(step).toMatchObject({ because: 'unreachable', unreachable: [network.hn.serverName] })
    expect(await registrar.view(id)).toBeUndefined()

    await mend()
    const healed = await alike('the same history', id, (view) => view.alerted.length >= 2)
    expect(stepsOf(healed.history)).toEqual([1])
    expect(healed.alerted.map(({ step, persons }) => [step, persons])).toEqual([
      [0, [registrar.userId]],
      [1, [officialHn.userId]],
    ])
    expect(await registrar.alerts(id)).toHaveLength(1)
    expect(await officialHn.alerts(id)).toHaveLength(1)
    await officialHn.acknowledge(room, id)
    await alike('the answer', id, (view) => view.acknowledged_by === officialHn.userId)
  })

  test('an answer given while it is cut off counts; the step taken meanwhile is shown as refused on both sides', async () => {
    const id = await shelter.raise(room, about, chain)
    await alike('the call', id, (view) => view.alerted.length === 1)
    await cut()
    await registrar.acknowledge(room, id)
    // Something that cannot be delivered: from then on the partner is known to be away.
    await shelter.send(room, 'm.room.encrypted', { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'y' })
    await eventually('the partner to be away', async () => {
      const answer = await shelter.enlace('GET', `/rooms/${encodeURIComponent(room)}/delivery`)
      return (answer['destinations'] as { unreachable_since_ts?: number }[]).some(
        (one) => one.unreachable_since_ts !== undefined,
      )
    })
    await jump(WITHIN + MINUTE)
    const alone = await eventually('the next step', async () => {
      const view = await shelter.view(id)
      return view?.step === 1 && view
    })
    expect(alone.history.at(-1)).toMatchObject({
      what: 'step',
      because: 'unreachable',
      unreachable: [network.hn.serverName],
    })

    await mend()
    const healed = await alike('the same history', id, (view) => view.state === 'acknowledged')
    expect(healed).toMatchObject({ acknowledged_by: registrar.userId, step: 0 })
    expect(healed.refused).toMatchObject([{ reason: 'already_acknowledged' }])
    expect(await registrar.alerts(id)).toHaveLength(1)
    expect(await officialHn.alerts(id)).toHaveLength(0)
  })

  test('the partner’s process dies and comes back: called once, nothing is doubled', async () => {
    const id = await shelter.raise(room, about, chain)
    await alike('the call', id, (view) => view.alerted.length === 1)
    await network.hn.process.kill()
    await jump(WITHIN + MINUTE)
    await eventually('the next step', async () => (await shelter.view(id))?.step === 1)
    await network.hn.restart()
    const healed = await alike('the same history', id, (view) => view.alerted.length === 2)
    expect(stepsOf(healed.history)).toEqual([1])
    expect(await registrar.alerts(id)).toHaveLength(1)
    expect(await officialHn.alerts(id)).toHaveLength(1)
    await officialHn.act(room, id, 'resolve')
    await alike('the end', id, (view) => view.state === 'resolved')
    for (const person of [registrar, officialHn])
      expect((await person.alerts(id)).map((one) => one.state)).toEqual(['settled'])
  })
})

describe('a clock that jumps', () => {
  test('forward most of a day and back an hour: every step once, none early', async () => {
    const ids = await raiseMany(4)
    for (const id of ids) await alike('the call', id, (view) => view.alerted.length === 1)
    await jump(FAR)
    await expectSteps(ids, [1])
    // The partner's people are heard although the clocks are that far apart.
    await registrar.acknowledge(room, ids[3]!)
    await alike('the answer', ids[3]!, (view) => view.state === 'acknowledged')
    const open = ids.slice(0, 3)

    await jump(-HOUR)
    await network.gt.process.kill()
    await network.gt.restart()
    // Half an hour from now by this clock: not before, and once.
    for (const id of open)
      await eventually('the time counted by the clock as it is', async () => {
        const due = (await shelter.view(id))?.next_step_ts
        return due !== undefined && due <= Date.now() + ahead + WITHIN
      })
    await jump(WITHIN - MINUTE)
    const late = await shelter.raise(room, about, chain)
    await alike('a call of now', late, (view) => view.alerted.length === 1)
    await expectSteps(open, [1])
    await jump(2 * MINUTE)
    await expectSteps(open, [1, 2])
    await expectSteps([late], [])

    // Right again: a clock set back delays nothing and repeats nothing.
    await jump(-ahead)
    for (const id of open) await officialHn.act(room, id, 'resolve')
    // It has not called the official yet: whoever raised it ends it.
    await shelter.act(room, late, 'resolve')
    for (const id of open) {
      const view = await alike('the end', id, (one) => one.state === 'resolved')
      expect(stepsOf(view.history)).toEqual([1, 2])
      expect(view.refused).toEqual([])
    }
  })
})
