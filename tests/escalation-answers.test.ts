import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  caseTargetsEventType,
  caseUpdateContent,
  caseUpdateEventType,
  type EscalationStage,
  escalationAcknowledgementEventType,
  escalationAlertedEventType,
  escalationChainEventType,
  escalationStepEventType,
  escalationUpdateEventType,
} from '@enlace/coordination'
import { freePorts } from '@enlace/dev-network'
import { mailServer, webhookReceiver } from '@enlace/homeserver/testing/receivers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Someone, setClock, shared, type View } from './support/escalations.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { type JoinedRoom, type Partner, startPartner } from './support/partner.ts'

/** Who is called, what ends a call, and who has no say in it: two real nodes, a mail server, a gateway, a bad partner. */
let network: TestNetwork
let mails: Awaited<ReturnType<typeof mailServer>>
let gateway: Awaited<ReturnType<typeof webhookReceiver>>
let partner: Partner
let shelter: Someone
let officialGt: Someone
let registrar: Someone
let consul: Someone
let coordinator: Someone
let officialHn: Someone

const SECRET = 'un secreto para la pasarela'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NONE = { web_push: false, email: false, webhook: false }
let ahead = 0

beforeAll(async () => {
  mails = await mailServer()
  gateway = await webhookReceiver(SECRET)
  const [port] = await freePorts(1)
  const shiftedClock = fileURLToPath(new URL('./support/shifted-clock.ts', import.meta.url))
  network = await startTestNetwork({
    nodeConfig: {
      rate_limits: 'off',
      alerts: {
        smtp: { url: `smtp://127.0.0.1:${mails.port}`, from: 'Enlace <enlace@nodo.example>' },
        webhook: { url: gateway.url, secret_file: 'webhook.secret' },
      },
    },
    nodeFlags: ['--import', shiftedClock],
    extraServers: [{ server_name: `socio.localhost:${port}`, institutions: ['gt-pgn-izabal'] }],
    prepare: (folder) => writeFile(join(folder, 'webhook.secret'), SECRET, { mode: 0o600 }),
  })
  partner = await startPartner(network.dataDir, port!)
  shelter = new Someone(network.gt, 'albergue.gt')
  officialGt = new Someone(network.gt, 'oficial.gt')
  registrar = new Someone(network.hn, 'registro.hn')
  consul = new Someone(network.hn, 'consulado.hn')
  coordinator = new Someone(network.hn, 'coordinacion.hn')
  officialHn = new Someone(network.hn, 'oficial.hn')
})

afterAll(async () => {
  await partner?.close()
  await network?.dispose()
  await mails?.close()
  await gateway?.close()
})

const jump = (ms: number) => {
  ahead += ms
  return setClock(network.gt, ahead)
}

/** Both nodes show the escalation alike, and as the test wants it. */
function alike(what: string, id: string, check: (view: View) => boolean): Promise<View> {
  return eventually(what, async () => {
    const [gt, hn] = await Promise.all([shelter.view(id), registrar.view(id)])
    return gt && hn && check(gt) && JSON.stringify(shared(gt)) === JSON.stringify(shared(hn)) && gt
  })
}
const alertedAt = (view: View, step: number) =>
  view.alerted.filter((one) => one.step === step).flatMap((one) => one.persons)

/** The code in a message that confirms an address. */
const codeIn = (message: string): string =>
  /(?<![\d+])(\d{6})(?!\d)/.exec(message.replace(/^[\s\S]*?\r?\n\r?\n/, ''))![1]!

describe('a case that nobody answers', () => {
  let room: string
  let unanswered: string
  let toConsulate: string
  let call: string
  let consular: string
  const targets = {
    acknowledge: { birth_certificate: { high: { minutes: 1, time: 'clock' } } },
  }
  const state = (type: string, key: string, content: object) =>
    coordinator.matrix('PUT', `/rooms/${encodeURIComponent(room)}/state/${type}/${key}`, content)
  const onDuty = (who: Someone) =>
    coordinator.enlace('PUT', '/duty', {
      shifts: [{ user_id: who.userId, from_ts: Date.now() - HOUR, to_ts: Date.now() + 24 * HOUR }],
      weekly: [],
    })

  beforeAll(async () => {
    const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
    room = String((await registrar.matrix('GET', `/directory/room/${alias}`))['room_id'])
    const high = { within_minutes: { high: 1 } }
    await state(caseTargetsEventType, '', targets)
    await state(escalationChainEventType, '', { national_liaison: high, binational_committee: high })
    // Calls on the consular service stay with it. The registry's chain is its own: nobody here may set it.
    await state(escalationChainEventType, 'hn-sreci', {
      focal_point: high,
      institution_coordination: { skip: true },
      national_liaison: { skip: true },
      binational_committee: { skip: true },
    })
    for (const who of [consul, officialHn]) {
      await who.enlace('PUT', '/alert-channels', {
        email: `${who.localpart}@institucion.example`,
        phone: null,
        on: { ...NONE, email: true },
        quiet_hours: null,
      })
      await who.enlace('POST', '/alert-channels/email/code')
      const code = codeIn(mails.mails.at(-1)!.source)
      await who.enlace('POST', '/alert-channels/email/confirm', { code })
    }
    await coordinator.enlace('PUT', '/alert-channels', {
      email: null,
      phone: '+50499990000',
      on: { ...NONE, webhook: true },
      quiet_hours: null,
    })
    await coordinator.enlace('POST', '/alert-channels/webhook/code')
    const code = codeIn(String(gateway.messages().at(-1)!['text']))
    await coordinator.enlace('POST', '/alert-channels/webhook/confirm', { code })
    await onDuty(consul)
  })

  test('escalates by itself, to whoever is on duty, by mail', async () => {
    await eventually('the settings at the other node', async () => {
      const answer = await shelter.matrix('GET', `/rooms/${encodeURIComponent(room)}/state`)
      const settings = (answer as unknown as { type: string }[]).filter(
        (one) => one.type === escalationChainEventType,
      )
      return settings.length === 2
    })
    unanswered = await shelter.openCase(room, 'hn-rnp-sps', Date.now(), targets)
    toConsulate = await shelter.openCase(room, 'hn-sreci', Date.now(), targets)
    expect(await shelter.escalationAbout(unanswered)).toBeUndefined()
    await jump(MINUTE + 10_000)
    const raised = async (id: string) => (await shelter.escalationAbout(id))?.id
    call = await eventually('the call about the case', () => raised(unanswered))
    consular = await eventually('the call about the other', () => raised(toConsulate))

    const one = await alike('the registrar alerted', call, (view) => view.alerted.length === 1)
    expect(one).toMatchObject({ cause: 'acknowledgement_lapsed', reference: expect.stringMatching(/^DOC-/) })
    expect(alertedAt(one, 0)).toEqual([registrar.userId])
    const other = await alike('the consul alerted', consular, (view) => view.alerted.length === 1)
    // The coordinator is of the same institution and not on duty.
    expect(alertedAt(other, 0)).toEqual([consul.userId])
    const mail = await eventually('the mail', () =>
      mails.mails.find(
        (sent) => sent.to[0]?.startsWith(consul.localpart) && /^Subject: .*Caso urgente/m.test(sent.source),
      ),
    )
    expect(mail.source).toContain(other.reference)
    // The registrar has confirmed no address: whoever looks at the call is told.
    expect((await registrar.view(call))?.only_here).toEqual([registrar.userId])
    expect((await registrar.view(consular))?.only_here).toEqual([])
  })

  test('climbs, by the roster of each moment; having seen an alert is no answer', async () => {
    await onDuty(coordinator)
    // The registry has an hour; its coordination is nobody here, and is passed over.
    await jump(HOUR + 1_000)
    const one = await alike('the official alerted', call, (view) => alertedAt(view, 2).length > 0)
    expect(alertedAt(one, 2)).toEqual([officialHn.userId])
    const other = await alike('the coordinator alerted', consular, (view) => alertedAt(view, 1).length > 0)
    expect(alertedAt(other, 1)).toEqual([coordinator.userId])
    const message = await eventually('the message at the gateway', () =>
      gateway.messages().find((sent) => sent['urgent'] === true && sent['reference'] === other.reference),
    )
    expect(message['to']).toBe('+50499990000')

    const { alerts } = (await officialHn.enlace('GET', '/alerts')) as {
      alerts: { id: string; event_id: string }[]
    }
    for (const alert of alerts.filter((each) => each.event_id === call))
      await officialHn.enlace('POST', `/alerts/${alert.id}/seen`, {})
    await jump(MINUTE + 1_000)
    const further = await alike('the committee alerted by both nodes', call, (view) => {
      return alertedAt(view, 3).length === 4
    })
    expect(alertedAt(further, 3)).toEqual(
      expect.arrayContaining([officialHn.userId, officialGt.userId, coordinator.userId]),
    )
    expect(further.history.filter((each) => each.what === 'step')).toMatchObject([
      { step: 1, because: 'unacknowledged' },
      { step: 2, because: 'nobody' },
      { step: 3, because: 'unacknowledged' },
    ])
  })

  test('an acknowledgement stops it; taken back, it goes on', async () => {
    await officialHn.acknowledge(room, call)
    await alike('the answer', call, (view) => view.acknowledged_by === officialHn.userId)
    // The other call goes on meanwhile: the node has looked at its clock.
    await jump(HOUR)
    await alike('another step of the other', consular, (view) => view.step === 2)
    expect((await shelter.view(call))?.step).toBe(3)

    await officialHn.act(room, call, 'unacknowledge')
    await alike('everybody called anew', call, (view) => alertedAt(view, 3).length === 8)
    await jump(2 * MINUTE + 1_000)
    await alike('the next step', call, (view) => view.step === 4)
  })

  test('a snooze with its reason holds it back until it is over; handed over, then resolved', async () => {
    const until = Date.now() + ahead + 20 * MINUTE
    await officialHn.act(room, call, 'snooze', { until_ts: until, reason: 'waiting_for_document' })
    await alike('the snooze', call, (view) => view.history.some((one) => one.what === 'snooze'))
    await jump(10 * MINUTE)
    await alike('a step of the other', consular, (view) => view.step === 3)
    expect((await shelter.view(call))?.step).toBe(4)
    await jump(11 * MINUTE)
    await alike('called anew after it', call, (view) => {
      const last = view.history.findLast((one) => one.what === 'snooze')!
      return view.history.slice(view.history.indexOf(last) + 1).some((one) => one.what === 'alerted')
    })

    await coordinator.acknowledge(room, call)
    await alike('the answer', call, (view) => view.acknowledged_by === coordinator.userId)
    await coordinator.act(room, call, 'hand_over', { to: officialGt.userId })
    await alike('the offer', call, (view) => view.handed_to === officialGt.userId)
    await eventually('the other country’s official alerted', async () => {
      const open = (await officialGt.alerts(call)).filter((one) => one.state === 'open')
      return open.length === 1
    })
    await officialGt.act(room, call, 'accept_hand_over')
    await alike('taken', call, (view) => view.acknowledged_by === officialGt.userId)
    await officialGt.act(room, call, 'resolve')
    const done = await alike('the end', call, (view) => view.state === 'resolved')
    expect(done.refused).toEqual([])
    for (const who of [registrar, officialHn, coordinator, officialGt])
      await eventually('no alert left', async () =>
        (await who.alerts(call)).every((one) => one.state === 'settled'),
      )
  })

  test('the call ends when somebody acknowledges the case', async () => {
    expect((await shelter.view(consular))?.state).toBe('open')
    const content = caseUpdateContent({ id: toConsulate, heads: [] }, consul.by, { step: 'acknowledge' })
    await consul.send(room, caseUpdateEventType, content)
    const over = await alike('the end', consular, (view) => view.state === 'resolved')
    expect(over.resolved_by).toBe(shelter.userId)
    expect(over.refused).toEqual([])
  })
})

describe('a partner that lies', () => {
  let room: string
  let joined: JoinedRoom
  let call: string
  const chain: EscalationStage[] = [
    { level: 'focal_point', institutions: ['hn-rnp-sps'], roles: ['staff'], within_ms: 30 * MINUTE },
    { level: 'national_liaison', country: 'HN', roles: ['official'], within_ms: 30 * MINUTE },
  ]
  const node = (serverName: string) => ({ serverName, port: Number(serverName.split(':')[1]) })

  /** Sends both nodes an event of the liar. @returns its id */
  async function lie(type: string, content: object, sender = joined.user): Promise<string> {
    const { pdu, id } = joined.event(content as Record<string, unknown>, {
      before: (draft) => Object.assign(draft, { type, sender }),
    })
    for (const { serverName } of [network.hn, network.gt]) {
      const answer = await partner.request(
        node(serverName),
        'PUT',
        `/_matrix/federation/v1/send/${encodeURIComponent(id)}`,
        { origin: partner.serverName, origin_server_ts: Date.now(), pdus: [pdu] },
      )
      expect(answer.status).toBe(200)
    }
    if (sender === joined.user) joined.advance(id, pdu.depth)
    return id
  }

  beforeAll(async () => {
    const made = await registrar.matrix('POST', '/createRoom', { preset: 'public_chat' })
    room = String(made['room_id'])
    const via = encodeURIComponent(network.hn.serverName)
    for (const who of [officialHn, shelter, officialGt])
      await who.matrix('POST', `/join/${encodeURIComponent(room)}?server_name=${via}&via=${via}`, {})
    joined = await partner.join(node(network.hn.serverName), room, 'visitante')
    const about = await shelter.send(room, 'm.room.message', { msgtype: 'm.text', body: 'algo' })
    call = await shelter.raise(room, about, chain)
    await alike('the call', call, (view) => view.alerted.length === 1)
    await eventually('the partner is in the room for both', async () => {
      const { joined: all } = (await shelter.matrix(
        'GET',
        `/rooms/${encodeURIComponent(room)}/joined_members`,
      )) as { joined: Record<string, unknown> }
      return joined.user in all
    })
  })

  test('is refused, event by event, with the reason; the chain goes on', async () => {
    const about = { 'm.relates_to': { rel_type: 'm.reference', event_id: call } }
    const own = { institution: 'gt-pgn-izabal', role: 'staff' }
    const forged = await lie(
      escalationAcknowledgementEventType,
      { ...about, by: officialHn.by },
      officialHn.userId,
    )
    const lies: [string, string, string][] = []
    const expectRefusal = async (type: string, content: object, reason: string) =>
      lies.push([await lie(type, { ...about, ...content }), joined.user, reason])
    await expectRefusal(escalationAcknowledgementEventType, { by: officialHn.by }, 'not_believed')
    await expectRefusal(escalationAcknowledgementEventType, { by: own }, 'not_an_official')
    await expectRefusal(escalationAcknowledgementEventType, {}, 'not_an_official')
    await expectRefusal(
      escalationStepEventType,
      { step: 1, because: 'unacknowledged' },
      'not_the_raising_node',
    )
    await expectRefusal(
      escalationAlertedEventType,
      { step: 0, persons: [registrar.userId] },
      'not_their_node',
    )
    await expectRefusal(escalationUpdateEventType, { action: 'resolve', by: officialHn.by }, 'not_believed')
    await expectRefusal(escalationUpdateEventType, { action: 'resolve', by: own }, 'not_theirs')
    await expectRefusal(escalationUpdateEventType, { action: 'resolve', note: 'x' }, 'malformed')

    const view = await alike('all lies listed', call, (one) => one.refused.length >= lies.length)
    expect(view.refused.map((one) => [one.event_id, one.sender, one.reason]).sort()).toEqual(lies.sort())
    expect(view).toMatchObject({ state: 'open', step: 0 })
    // Not even in the log: it is not signed by the server of the person who is said to have sent it.
    for (const who of [registrar, shelter])
      expect(
        (await who.log(room, escalationAcknowledgementEventType)).map((one) => one.event_id),
      ).not.toContain(forged)

    await jump(31 * MINUTE)
    const next = await alike('the next step', call, (one) => alertedAt(one, 1).length === 1)
    expect(next).toMatchObject({ state: 'open', step: 1 })
    await registrar.acknowledge(room, call)
    const answered = await alike('a true answer', call, (one) => one.state === 'acknowledged')
    expect(answered.acknowledged_by).toBe(registrar.userId)
    expect(answered.refused).toHaveLength(lies.length)
  })

  test('people without the right are told so, and nothing enters the room', async () => {
    const before = (await shelter.view(call))!
    await expect(officialGt.acknowledge(room, call)).rejects.toMatchObject({ status: 403 })
    const step = { 'm.relates_to': { rel_type: 'm.reference', event_id: call }, step: 2 }
    await expect(
      shelter.send(room, escalationStepEventType, { ...step, because: 'unacknowledged' }),
    ).rejects.toMatchObject({ status: 403 })
    const asAnother = { action: 'resolve', by: officialHn.by }
    await expect(
      registrar.send(room, escalationUpdateEventType, { 'm.relates_to': step['m.relates_to'], ...asAnother }),
    ).rejects.toMatchObject({ status: 403 })
    expect(shared(await shelter.view(call))).toEqual(shared(before))
  })
})
