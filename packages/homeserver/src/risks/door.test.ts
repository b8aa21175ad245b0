import {
  type RiskStepDraft,
  reduceRisk,
  riskEventType,
  riskUpdateContent,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rootOf, stepsOf, timelineEvent } from '../stream/envelopes.ts'
import { by, type CaseNode, type Person, startCaseNode } from '../testing/cases.ts'

let kit: CaseNode
let report: string
let written = 0

async function state(id = report) {
  const root = await rootOf(kit.node.ctx.rooms, id, riskEventType)
  const found = reduceRisk(
    timelineEvent(root!),
    (await stepsOf(kit.node.ctx.rooms, root!)).map(timelineEvent),
  )
  if (typeof found === 'string') throw new Error(found)
  return found
}
async function step(who: Person, draft: RiskStepDraft, more: object = {}): Promise<string> {
  const content = { ...riskUpdateContent(await state(), by(who), draft), ...more }
  const { status, body } = await kit.send(who, riskUpdateEventType, content)
  return status === 200 ? 'sent' : `${status} ${body['org.enlace.rule'] ?? body['errcode']}`
}
const told = (): RiskStepDraft => ({ step: 'report', record: `$encrypted${written++}` })

beforeAll(async () => {
  kit = await startCaseNode()
  const answer = await kit.send(kit.shelter, riskEventType, { by: by(kit.shelter) })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  report = String(answer.body['event_id'])
})
afterAll(() => kit.node.close())

test('the door: who reports, who reviews, in whose name, and nothing but what an envelope carries', async () => {
  expect(await step(kit.shelter, told())).toBe('sent')
  expect(await step(kit.chief, told())).toBe('403 risk.not_entitled')
  expect(await step(kit.shelter, told(), { by: by(kit.chief) })).toMatch(/^403 case\.actor/)
  expect(await step(kit.shelter, told(), { kind: 'extortion' })).toBe('400 M_BAD_JSON')
  const version = (await state()).versions[0]!.eventId
  expect(await step(kit.shelter, { step: 'approve', version })).toBe('403 risk.not_entitled')
  expect(await step(kit.chief, { step: 'approve', version: '$none' })).toBe('403 risk.unknown_target')
  expect(await step(kit.chief, { step: 'approve', version })).toBe('sent')
  expect(await step(kit.chief, { step: 'approve', version })).toBe('403 risk.already_done')
  expect(await step(kit.chief, { step: 'merge', into: '$none' })).toBe('403 risk.unknown_report')
  expect([...(await state()).reviews.keys()]).toEqual(['hn-senaf'])
  expect(await step(kit.shelter, { step: 'withdraw' })).toBe('sent')
  expect(await step(kit.chief, { step: 'object', version })).toBe('403 risk.withdrawn')
})
