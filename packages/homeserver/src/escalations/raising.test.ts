import {
  caseEventType,
  caseTargetsEventType,
  caseUpdateContent,
  caseUpdateEventType,
  type EscalationContent,
  type EscalationStage,
  escalationAcknowledgementContent,
  escalationAcknowledgementEventType,
  escalationChainEventType,
  escalationContent,
  escalationEventType,
  escalationUpdateEventType,
} from '@enlace/coordination'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'
import { createPartner, type Partner } from '../testing/partner.ts'
import { callsPerPersonAndHour, callsPerServerAndHour } from './raising.ts'
import { ringsPerServerAndHour } from './ringing.ts'

/** Hundreds of events, each signed: on a busy machine that takes a while. */
const MANY = { timeout: 240_000 }

/** Calls are silenced or forged. A real node, and a partner on the list whose key is good and whose people lie. */
let kit: CaseNode
let partner: Partner
let registryChief: Person
let bystander: Person
let roomId: string

const BAD = 'gt.example'
const LIAR = `@visita:${BAD}`
const MINUTE = 60_000
const toRegistry: EscalationStage[] = [
  {
    level: 'focal_point',
    institutions: ['hn-registro'],
    roles: ['staff', 'coordinator'],
    within_ms: 60 * MINUTE,
  },
]

beforeAll(async () => {
  kit = await startCaseNode()
  roomId = kit.roomId
  const { node } = kit
  // The partner hosts one institution; this node all others.
  node.ctx.federation.hosts = (server, key) => (server === BAD) === (key === 'gt-malo')
  partner = createPartner(node.ctx, BAD)
  registryChief = await kit.join('jefatura', 'hn-registro', 'coordinator')
  bystander = await kit.join('oficial', 'hn-senaf', 'official')
  await kit.admit(LIAR)
})
afterAll(() => kit.node.close())

let events = 0
async function message(who = kit.shelter): Promise<string> {
  const content = {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: `AwgA${events++}`,
    session_id: 's',
    device_id: 'D',
    sender_key: 'k',
  }
  const answer = await kit.send(who, 'm.room.encrypted', content)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return String(answer.body['event_id'])
}
const raise = (who: Person, about: string, more: Partial<EscalationContent> = {}) =>
  kit.send(
    who,
    escalationEventType,
    escalationContent(about, { cause: 'person', chain: toRegistry, by: by(who), ...more }),
  )
const ofPartner = (type: string, content: object, sender = LIAR, more: object = {}) =>
  partner.send(roomId, {
    sender,
    type,
    content: content as Record<string, unknown>,
    ts: kit.now(),
    ...more,
  })
const raiseAsPartner = (
  about: string,
  more: Partial<EscalationContent> = {},
  sender = LIAR,
  other: object = {},
) =>
  ofPartner(
    escalationEventType,
    escalationContent(about, {
      cause: 'person',
      chain: toRegistry,
      by: { institution: 'gt-malo', role: 'staff' },
      ...more,
    }),
    sender,
    other,
  )
const settled = () => kit.node.ctx.escalations.settled()
const read = async (id: string) => {
  await settled()
  return kit.node.ctx.escalations.read(id)
}
const refusal = (rule: string) => ({ status: 403, body: { 'org.enlace.rule': rule } })

describe('hostile: another institution’s chain', () => {
  const state = (who: Person, key: string, content: object, type: string = escalationChainEventType) =>
    kit.call(who, 'PUT', `/rooms/${roomId}/state/${type}/${key}`, content)
  const chain = async () => {
    const { body } = await kit.call(
      kit.shelter,
      'GET',
      `${caseApi}/rooms/${roomId}/chain?institution=hn-registro`,
    )
    return (body['chain'] as { level: string; within_ms: number }[]).map((one) => [
      one.level,
      one.within_ms / MINUTE,
    ])
  }
  const usual = [
    ['focal_point', 60],
    ['institution_coordination', 60],
    ['national_liaison', 60],
    ['binational_committee', 60],
  ]

  test('is not slowed or shortened by a coordinator of this node', async () => {
    await kit.empower(registryChief)
    const attack = { focal_point: { skip: true, within_minutes: { high: 43_200 } } }
    expect(await state(kit.chief, 'hn-registro', { focal_point: { skip: true } })).toMatchObject(
      refusal('settings.own-institution'),
    )
    expect(await state(kit.chief, 'hn-registro', attack)).toMatchObject(refusal('escalation-chain.bounds'))
    expect(await state(kit.chief, '', attack)).toMatchObject(refusal('escalation-chain.bounds'))
    expect(await state(kit.chief, 'hn-registro', {}, caseTargetsEventType)).toMatchObject(
      refusal('settings.own-institution'),
    )
    expect(await chain()).toEqual(usual)
    // Its own coordination may, within the bounds.
    expect(
      (await state(registryChief, 'hn-registro', { focal_point: { within_minutes: { high: 5 } } })).status,
    ).toBe(200)
    expect(await chain()).toEqual([['focal_point', 5], ...usual.slice(1)])
    expect(
      await state(registryChief, 'hn-registro', { focal_point: { within_minutes: { high: 241 } } }),
    ).toMatchObject(refusal('escalation-chain.bounds'))
  })

  test('nor by a partner’s, though the room gives them the power', async () => {
    await kit.empower({ userId: LIAR })
    const attempt = (stateKey: string, content: object) =>
      ofPartner(escalationChainEventType, content, LIAR, { stateKey })
    expect(await attempt('hn-registro', { focal_point: { skip: true } })).toMatchObject({
      outcome: 'soft-failed',
    })
    expect(await attempt('', { national_liaison: { skip: true } })).toMatchObject({ outcome: 'soft-failed' })
    expect(await attempt('gt-malo', { focal_point: { within_minutes: { high: 43_200 } } })).toMatchObject({
      outcome: 'soft-failed',
    })
    expect(await attempt('gt-malo', { focal_point: { skip: true } })).toMatchObject({ outcome: 'accepted' })
    expect(await chain()).toEqual([['focal_point', 5], ...usual.slice(1)])
  })

  test('and what stands in a room from before does not count', async () => {
    await kit.node.ctx.rooms.send({
      roomId,
      sender: kit.chief.userId,
      type: escalationChainEventType,
      stateKey: 'hn-registro',
      content: {
        focal_point: { skip: true },
        institution_coordination: { within_minutes: { high: 43_200 } },
      },
    })
    expect(await chain()).toEqual(usual)
  })
})

describe('hostile: a call about nothing, for a reason of the node’s own', () => {
  test('is refused from people of this node', async () => {
    const id = await kit.open()
    for (const cause of ['deadline_lapsed', 'acknowledgement_lapsed'] as const)
      expect(await raise(kit.registrar, id, { cause })).toMatchObject(refusal('escalation.node-only'))
    expect(await raise(kit.registrar, '$nunca')).toMatchObject(refusal('escalation.unknown_target'))
    expect(await raise(kit.registrar, id, { reference: 'DOC-2026-999999' })).toMatchObject(
      refusal('escalation.wrong_reference'),
    )
    const [create] = await kit.node.ctx.rooms.timeline(roomId, { dir: 'f', limit: 1 })
    expect(await raise(kit.registrar, create!.eventId)).toMatchObject(refusal('escalation.unknown_target'))
  })

  test('is soft-failed from a partner’s: no event, no case of theirs, no time that lapsed', async () => {
    const id = await kit.open()
    for (const attempt of [
      await raiseAsPartner('$nunca'),
      await raiseAsPartner('$nunca', { cause: 'deadline_lapsed' }),
      await raiseAsPartner(id, { reference: 'DOC-2026-999999' }),
      await raiseAsPartner(id, { cause: 'deadline_lapsed' }),
      await raiseAsPartner(await message(), { cause: 'acknowledgement_lapsed' }),
    ]) {
      expect(attempt).toMatchObject({ outcome: 'soft-failed' })
      expect(await read(attempt.eventId)).toBeUndefined()
    }
  })
})

test('a partner’s node says that a time of its own case lapsed: when it has, and once', async () => {
  const theirs = { institution: 'gt-malo', role: 'staff' as const }
  const due = kit.now() + 60 * MINUTE
  const kase = await ofPartner(caseEventType, {
    reference: 'DOC-2026-990001',
    kind: 'birth_certificate',
    priority: 'high',
    requesting: 'gt-malo',
    responsible: 'hn-registro',
    acknowledge_by: due,
    deadline: due + 60 * MINUTE,
    by: theirs,
  })
  await kit.node.ctx.cases.settled()
  const lapsed = () =>
    raiseAsPartner(kase.eventId, { cause: 'acknowledgement_lapsed', reference: 'DOC-2026-990001' })
  expect(await lapsed()).toMatchObject({ outcome: 'soft-failed' })
  kit.advance(61 * MINUTE)
  const first = await lapsed()
  expect(first).toMatchObject({ outcome: 'accepted' })
  expect((await read(first.eventId))?.cause).toBe('acknowledgement_lapsed')
  const over = { 'm.relates_to': { rel_type: 'm.reference', event_id: first.eventId }, action: 'resolve' }
  expect(await ofPartner(escalationUpdateEventType, over)).toMatchObject({ outcome: 'accepted' })
  expect((await read(first.eventId))?.state).toBe('resolved')
  kit.advance(MINUTE)
  expect(await lapsed()).toMatchObject({ outcome: 'soft-failed' })
})

describe('hostile: a call is ended by those it does not call', () => {
  test('an official of another institution neither answers nor resolves it, here or from a partner', async () => {
    const id = String((await raise(kit.shelter, await message())).body['event_id'])
    const about = { 'm.relates_to': { rel_type: 'm.reference' as const, event_id: id } }
    const resolve = (who: Person) =>
      kit.send(who, escalationUpdateEventType, { ...about, action: 'resolve', by: by(who) })
    expect(await resolve(bystander)).toMatchObject(refusal('escalation.not_theirs'))
    expect(
      await kit.send(
        bystander,
        escalationAcknowledgementEventType,
        escalationAcknowledgementContent(id, { by: by(bystander) }),
      ),
    ).toMatchObject(refusal('escalation.not_an_official'))
    const theirs = { institution: 'gt-malo', role: 'official' as const }
    await ofPartner(escalationUpdateEventType, { ...about, action: 'resolve', by: theirs })
    await ofPartner(escalationAcknowledgementEventType, escalationAcknowledgementContent(id, { by: theirs }))
    await ofPartner(escalationUpdateEventType, { ...about, action: 'resolve', by: by(registryChief) })
    const held = await read(id)
    expect(held?.state).toBe('open')
    expect(held?.refused.map((one) => one.reason).sort()).toEqual([
      'not_an_official',
      'not_believed',
      'not_theirs',
    ])
    expect((await resolve(kit.registrar)).status).toBe(200)
    const resolved = await read(id)
    expect(resolved?.state).toBe('resolved')
    await settled()
    const { store } = kit.node.ctx.escalations
    const since = async (ts: number) => (await store.raisedSince(ts, 1_000)).map((one) => one.id)
    expect(await since(resolved!.raisedAt)).toContain(id)
    expect(await since(resolved!.raisedAt + 1)).not.toContain(id)
  })

  test('whoever raised it ends it as well', async () => {
    const id = String((await raise(registryChief, await message())).body['event_id'])
    const content = {
      'm.relates_to': { rel_type: 'm.reference', event_id: id },
      action: 'resolve',
      by: by(registryChief),
    }
    expect((await kit.send(registryChief, escalationUpdateEventType, content)).status).toBe(200)
  })
})

describe('hostile: a person is rung without end', () => {
  test('a second call about the same thing joins the first', async () => {
    const about = await message()
    const first = await raise(kit.chief, about)
    expect(first.status).toBe(200)
    await settled()
    const second = await raise(kit.chief, about)
    expect(second).toMatchObject(refusal('escalation.already_open'))
    expect(second.body['org.enlace.contact']).toBe(first.body['event_id'])
    expect((second.body['org.enlace.message'] as { es: string }).es).toContain(kit.chief.userId)
    expect(await raiseAsPartner(about)).toMatchObject({ outcome: 'soft-failed' })
    // Other people may be called about it.
    const others: EscalationStage[] = [{ ...toRegistry[0]!, institutions: ['gt-casa'] }]
    expect((await raise(kit.chief, about, { chain: others })).status).toBe(200)
    // Answered, it stands in nobody’s way.
    const id = String(first.body['event_id'])
    await kit.send(
      kit.registrar,
      escalationAcknowledgementEventType,
      escalationAcknowledgementContent(id, { by: by(kit.registrar) }),
    )
    await settled()
    // Also a moment after the first, which has its place in the records by now.
    expect(await raiseAsPartner(about)).toMatchObject({ outcome: 'accepted' })
    await settled()
    expect(await raise(kit.chief, about)).toMatchObject(refusal('escalation.already_open'))
  })

  test('a call that is never answered or run stops nobody from calling when its stage is over', async () => {
    const about = await message()
    const fast: EscalationStage[] = [{ ...toRegistry[0]!, within_ms: MINUTE }]
    expect(
      await raiseAsPartner(about, { chain: [{ ...toRegistry[0]!, within_ms: 7 * 24 * 60 * MINUTE }] }),
    ).toMatchObject({
      outcome: 'accepted',
    })
    await settled()
    expect(await raise(kit.registrar, about, { chain: fast })).toMatchObject(
      refusal('escalation.already_open'),
    )
    kit.advance(2 * MINUTE)
    expect((await raise(kit.registrar, about, { chain: fast })).status).toBe(200)
  })

  test(`a person has ${callsPerPersonAndHour} calls an hour, and is told when the next is possible`, async () => {
    kit.advance(2 * 60 * MINUTE)
    for (let n = 0; n < callsPerPersonAndHour; n++)
      expect((await raise(kit.shelter, await message())).status).toBe(200)
    const refused = await raise(kit.shelter, await message())
    expect(refused).toMatchObject(refusal('escalation.too_many'))
    expect((refused.body['org.enlace.message'] as { es: string }).es).toMatch(/\d\d:\d\d/)
    expect((await raise(kit.registrar, await message())).status).toBe(200)
    kit.advance(61 * MINUTE)
    expect((await raise(kit.shelter, await message())).status).toBe(200)
  })

  test(
    'a partner’s people cannot call sixty times, and ring nobody sixty times, whatever clock they claim',
    MANY,
    async () => {
      kit.advance(2 * 60 * MINUTE)
      const about: string[] = []
      for (let n = 0; n < callsPerServerAndHour + 10; n++) about.push(await message())
      const plain = []
      for (let n = 0; n < 10; n++) plain.push(await raiseAsPartner(about[n]!))
      expect(plain.filter((one) => one.outcome === 'accepted')).toHaveLength(callsPerPersonAndHour)
      await settled()
      // Spread over the past by their clock: the server as a whole is counted by this one's.
      kit.advance(15 * 60 * MINUTE)
      const spread = []
      for (const [n, one] of about.entries())
        spread.push(await raiseAsPartner(one, {}, LIAR, { ts: kit.now() - (about.length - n) * 11 * MINUTE }))
      expect(spread.filter((one) => one.outcome === 'accepted')).toHaveLength(callsPerServerAndHour)
      const all = spread.filter((one) => one.outcome === 'accepted').map((one) => one.eventId)
      await settled()
      // Not by the list, which has a hundred of them at most.
      const kept = kit.node.ctx.db.connection.db!.collection('alerts')
      const alerts = await kept.find({ event_id: { $in: all }, user_id: kit.registrar.userId }).toArray()
      expect(alerts.filter((one) => one['urgent'])).toHaveLength(ringsPerServerAndHour)
      // The others are told, without ringing.
      expect(alerts.length).toBeGreaterThan(ringsPerServerAndHour)
    },
  )

  test('nor fill a call or a case with events', MANY, async () => {
    kit.advance(2 * 60 * MINUTE)
    const id = String(
      (
        await raise(kit.registrar, await message(), {
          chain: [{ ...toRegistry[0]!, institutions: ['hn-senaf'] }],
        })
      ).body['event_id'],
    )
    const outcomes: string[] = []
    for (let n = 0; n < 205; n++)
      outcomes.push(
        (
          await ofPartner(
            escalationAcknowledgementEventType,
            escalationAcknowledgementContent(id, { by: { institution: 'gt-malo', role: 'staff' } }),
          )
        ).outcome,
      )
    expect(outcomes.filter((one) => one === 'accepted')).toHaveLength(200)
    // The node counts on without the log.
    const kase = await kit.open()
    const step = caseUpdateContent(
      { id: kase, heads: [] },
      { institution: 'gt-malo', role: 'staff' },
      { step: 'acknowledge' },
    )
    expect(await ofPartner(caseUpdateEventType, step)).toMatchObject({ outcome: 'accepted' })
    const chief = {
      'm.relates_to': { rel_type: 'm.reference', event_id: id },
      action: 'resolve',
      by: by(bystander),
    }
    expect((await kit.send(bystander, escalationUpdateEventType, chief)).status).toBe(200)
    expect((await read(id))?.state).toBe('resolved')
  })
})
