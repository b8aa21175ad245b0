/** What of a room's log is an act, by the envelope alone; and a real case, its call and the directory's file, as the log tells of them. */
import {
  caseUpdateEventType,
  escalationAcknowledgementEventType,
  escalationChainEventType,
  escalationContent,
  escalationEventType,
  escalationUpdateEventType,
  holdEventType,
  retentionEventType,
  topicPolicyEventType,
} from '@enlace/coordination'
import type { Pdu } from '@enlace/room-model'
import { expect, test } from 'vitest'
import { by, caseApi, startCaseNode } from '../testing/cases.ts'
import type { Act } from './acts.ts'
import { actOf, personOf } from './room-acts.ts'
import type { Entry } from './types.ts'

const ANA = '@ana:hn.example'
const EVA = '@eva:hn.example'
const event = (type: string, content: Record<string, unknown>, stateKey?: string) => ({
  pdu: {
    type,
    sender: ANA,
    content,
    ...(stateKey === undefined ? {} : { state_key: stateKey }),
  } as unknown as Pdu,
})
const member = (membership: string, stateKey = EVA) => event('m.room.member', { membership }, stateKey)
const step = (content: Record<string, unknown>) => event(caseUpdateEventType, content)
const update = (content: Record<string, unknown>) => event(escalationUpdateEventType, content)

test.each<[string, ReturnType<typeof event>, Act | undefined, string?]>([
  ['a room made', event('m.room.create', { room_version: '11' }, ''), 'channel.create'],
  ['somebody invited', member('invite'), 'channel.invite', EVA],
  ['somebody removed', member('leave'), 'channel.remove', EVA],
  ['somebody banned', member('ban'), 'channel.ban', EVA],
  ['somebody else joining', member('join'), undefined, EVA],
  ['one’s own coming', member('join', ANA), undefined, ANA],
  ['one’s own going', member('leave', ANA), undefined, ANA],
  ['powers', event('m.room.power_levels', { users: {} }, ''), 'channel.power'],
  ['rules', event(topicPolicyEventType, {}, ''), 'policy.change'],
  ['a chain of calls', event(escalationChainEventType, {}, ''), 'policy.change'],
  ['a room’s name', event('m.room.name', { name: 'x' }, ''), undefined],
  ['a case taken over', step({ step: 'accept_transfer' }), 'case.handover'],
  ['a case given to somebody', step({ step: 'assign', assignee: EVA }), 'case.handover', EVA],
  ['a case taken for oneself', step({ step: 'assign', assignee: ANA }), undefined, ANA],
  ['a case given to nobody', step({ step: 'assign', assignee: { no: 1 } }), undefined],
  ['a case offered, which is still the same’s', step({ step: 'offer_transfer', to: 'hn-x' }), undefined],
  ['who follows a case up', step({ step: 'follow', assignee: EVA }), undefined],
  ['a step whose content is gone', step({}), undefined],
  ['a call', event(escalationEventType, {}), 'escalation.raise'],
  ['a call answered', event(escalationAcknowledgementEventType, {}), 'escalation.acknowledge'],
  ['a call closed', update({ action: 'resolve' }), 'escalation.close'],
  ['a call put off', update({ action: 'snooze' }), undefined],
  ['a call’s update whose content is gone', update({}), undefined],
  ['a period', event(retentionEventType, {}), 'retention.rule'],
  ['a hold', event(holdEventType, { hold: 'place' }), 'hold.place'],
  ['a hold lifted', event(holdEventType, { hold: 'lift' }), 'hold.lift'],
  ['a hold whose content is gone', event(holdEventType, {}), undefined],
  ['a word every object has', event(holdEventType, { hold: 'constructor' }), undefined],
  ['a type every object has', event('constructor', {}), undefined],
  ['a message', event('m.room.encrypted', { ciphertext: 'x' }), undefined],
  ['an envelope’s type as state', event(caseUpdateEventType, { step: 'accept_transfer' }, ''), undefined],
])('%s', (_what, given, act, person) => {
  expect([actOf(given), personOf(given)]).toEqual([act, person])
})

test('a case read and handed on, a call closed, a channel made, the directory as a file, an account closed: once each, with who and to whom', async () => {
  const kit = await startCaseNode()
  const { node, chief, shelter, registrar, guest, roomId, call } = kit
  try {
    node.ctx.audit.start()
    const colleague = await kit.join('colega', 'hn-registro', 'staff')
    const id = await kit.open()
    await node.ctx.cases.settled()
    const ok = async (answer: Promise<{ status: number; body: unknown }>) => {
      const { status, body } = await answer
      expect([status, body]).toEqual([200, body])
      return body as Record<string, unknown>
    }
    await ok(kit.step(registrar, id, { step: 'acknowledge' }))
    await ok(kit.step(registrar, id, { step: 'assign', assignee: registrar.userId }))
    await ok(kit.step(registrar, id, { step: 'assign', assignee: colleague.userId }))
    const raised = await ok(
      kit.send(shelter, escalationEventType, escalationContent(id, { by: by(shelter) })),
    )
    const about = { rel_type: 'm.reference', event_id: String(raised['event_id']) }
    const resolve = { 'm.relates_to': about, action: 'resolve', by: by(shelter) }
    await ok(kit.send(shelter, escalationUpdateEventType, resolve))
    const made = await ok(call(chief, 'POST', '/createRoom', {}))
    await kit.empower(registrar)
    await node.ctx.accounts.deactivate(guest.userId)
    const say = (path: string, body: object) => call(shelter, 'POST', `${caseApi}/activity/${path}`, body)
    for (const _ of [1, 2]) {
      await ok(say('case-read', { case_id: id }))
      await ok(say('directory-export', { format: 'csv', public: false }))
    }
    expect((await say('directory-export', { format: 'a sentence', public: true })).status).toBe(400)
    expect((await say('case-read', { case_id: '$no' })).status).toBe(404)

    const said = async () => {
      const { entries } = await node.ctx.audit.find({ limit: 200 })
      return entries
        .filter(({ act, room }) => WATCHED.has(act) && !(act === 'channel.power' && room !== roomId))
        .map(told)
    }
    const told = ({ act, by: who, on, room, case: of }: Entry) => [act, who, on, room, of]
    await expect
      .poll(async () => (await said()).toSorted())
      .toEqual(
        [
          ['account.deactivate', 'node', guest.userId, undefined, undefined],
          ['channel.power', chief.userId, undefined, roomId, undefined],
          ['case.handover', registrar.userId, colleague.userId, roomId, id],
          ['case.read', shelter.userId, undefined, roomId, id],
          ['channel.create', chief.userId, undefined, made['room_id'], undefined],
          ['escalation.close', shelter.userId, undefined, roomId, undefined],
          ['export.directory', shelter.userId, undefined, undefined, undefined],
        ].toSorted(),
      )
  } finally {
    await node.close()
  }
})

const WATCHED: ReadonlySet<Act> = new Set([
  'account.deactivate',
  'channel.power',
  'case.handover',
  'case.read',
  'channel.create',
  'escalation.close',
  'export.directory',
])
