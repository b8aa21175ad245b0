import type { Actor, TimelineEvent } from '@enlace/coordination'
import {
  createPlaceGuard,
  mergedRisks,
  type ReadRiskRecord,
  type RiskReport,
  type RiskStepDraft,
  reduceRisk,
  riskEventType,
  riskUpdateContent,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import { newSigningKey, type SigningKey, signersOf } from '@enlace/trust/browser'
import { type RisksFile, riskApproval, risksFileSchema } from '@enlace/trust/institution'
import { beforeAll, expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import type { SigningDesk } from '../institution/types.ts'
import { createRiskPublisher } from './publishing.ts'

const clerk: Actor = { institution: 'hn-rnp', role: 'staff' }
const [hn, gt]: [Actor, Actor] = [
  { institution: 'hn-sreci', role: 'coordinator' },
  { institution: 'gt-sbs', role: 'coordinator' },
]
const institutions = new Map(
  [clerk, hn, gt].map(({ institution: key }) => [key, { country: key.slice(0, 2).toUpperCase() }]),
)
const DAY = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
const keys = new Map<string, SigningKey>()
beforeAll(async () => {
  for (const { institution } of [hn, gt]) keys.set(institution, await newSigningKey())
})

/** A channel with one report that both countries approved, and a registry that takes whatever is signed. */
function stage({ registry = 'taken', hasKey = true }: { registry?: string; hasKey?: boolean } = {}) {
  const events: TimelineEvent[] = []
  const records = new Map<string, ReadRiskRecord>()
  const texts = new Map<string, string>()
  const put = (by: Actor, type: string, content: unknown) => {
    const event_id = `$${events.length}`
    const sender = `@${by.institution}:x`
    events.push({ event_id, room_id: '!r', type, sender, origin_server_ts: events.length, content })
    return event_id
  }
  const report = () => reduceRisk(events[0]!, events.slice(1), records) as RiskReport
  const step = (by: Actor, draft: RiskStepDraft, record?: unknown) => {
    const id = `$r${events.length}`
    if (record) records.set(id, { sender: `@${by.institution}:x`, report: '$0', content: record })
    put(
      by,
      riskUpdateEventType,
      riskUpdateContent(report(), by, { ...draft, ...(record ? { record: id } : {}) }),
    )
  }
  put(clerk, riskEventType, { by: clerk })
  step(
    clerk,
    { step: 'report' },
    {
      kind: 'extortion',
      place: { coarse: 'cell_5', row: 60, column: 92 },
      day: dayOf(Date.now() - DAY),
      until: dayOf(Date.now() + 60 * DAY),
      source: 'migrant',
      reliability: 'probable',
      note: 'Solo para la red',
    },
  )
  const approve = () => {
    const version = report().versions.at(-1)!.eventId
    for (const by of [hn, gt]) step(by, { step: 'approve', version })
  }
  const group = () => mergedRisks([report()])[0]!
  const as = (by: Actor) => {
    const session = {
      cases: { institutions: createStore(institutions), actor: () => by },
    } as unknown as Session
    const key = keys.get(by.institution)!
    const desk = {
      ready: Promise.resolve(),
      keys: { held: createStore(new Map(hasKey ? [[by.institution, key]] : [])) },
      watch: {
        institution: async () =>
          texts.has(by.institution)
            ? { kind: 'signed', state: { role: { keyids: [key.keyid], threshold: 1 } } }
            : { kind: 'silent', keyids: [key.keyid], threshold: 1 },
        text: async () => texts.get(by.institution),
      },
      publications: {
        pending: createStore(new Map()),
        async publish({ publication }: { publication: { targets: Record<string, string> } }) {
          if (registry === 'taken')
            texts.set(by.institution, publication.targets[`${by.institution}/risks.json`]!)
          return registry
        },
        async discard() {},
      },
    } as unknown as SigningDesk
    const model = {
      all: createStore([] as readonly RiskReport[]),
      step: async (_: RiskReport, draft: RiskStepDraft) => step(by, draft),
      sign: async (_: RiskReport, signature: unknown) => step(by, { step: 'sign' }, signature),
    }
    const publisher = createRiskPublisher(session, model, desk, () => createPlaceGuard([], []))
    return {
      view: () => publisher.of(report(), group()),
      sign: () => publisher.sign(report(), group()),
      publish: () => publisher.publish(report(), group(), 'x'),
      retract: () => publisher.retract(report(), 'x'),
    }
  }
  const said = (by: Actor): RisksFile => risksFileSchema.parse(JSON.parse(texts.get(by.institution)!))
  return { approve, as, step, said, report, texts, events }
}

test('signed by both, published by who signed first, taken back by the other: each in the file, then in the channel', async () => {
  const { approve, as, said, texts } = stage()
  const [one, two] = [as(hn), as(gt)]
  expect(one.view()).toMatchObject({ maySign: false, mayRetract: false, by: [] })
  expect(await one.sign()).toEqual({ kind: 'unread' })
  approve()
  expect(one.view()).toMatchObject({ maySign: true })
  expect(await one.sign()).toEqual({ kind: 'taken' })
  expect(await one.publish()).toEqual({ kind: 'unread' })
  expect(two.view()).toMatchObject({ maySign: true, cosign: { institution: hn.institution } })
  expect(await two.sign()).toEqual({ kind: 'taken' })
  expect(await two.publish()).toEqual({ kind: 'unread' })
  expect(await one.publish()).toEqual({ kind: 'taken' })
  const [item] = said(hn).risks
  expect(item!.risk).toMatchObject({
    kind: 'extortion',
    when: dayOf(Date.now() - DAY).slice(0, 7),
    place: { coarse: 'cell_10' },
  })
  expect(texts.get(hn.institution)).not.toMatch(/hn-rnp|Solo para la red|-\d\d-\d\d"|\$/)
  for (const { institution, signatures } of item!.approvals) {
    const { keyid, record } = keys.get(institution)!
    expect(
      await signersOf(riskApproval(institution, item!.risk), signatures, [keyid], { [keyid]: record }),
    ).toEqual([keyid])
  }
  expect(item!.approvals).toHaveLength(2)
  expect(two.view()).toMatchObject({ by: [hn.institution], mayRetract: true, stale: false })
  expect(await two.retract()).toEqual({ kind: 'taken' })
  const { institution, id, number } = item!.risk as unknown as {
    institution: string
    id: string
    number: number
  }
  expect(said(gt).withdrawn).toEqual([{ institution, id, number }])
  expect(await two.retract()).toEqual({ kind: 'unread' })
  // Nobody sees it any more, by what the channel says; in other words it can be signed again.
  expect(one.view()).toMatchObject({ by: [], mayRetract: true })
  expect(await one.retract()).toEqual({ kind: 'taken' })
  expect(said(hn)).toMatchObject({ risks: [], withdrawn: [{ institution, id, number }] })
  expect(await two.sign()).toEqual({ kind: 'taken' })
  expect(await one.sign()).toEqual({ kind: 'taken' })
  expect(two.view()?.ready?.risk).toMatchObject({ institution: gt.institution, number: 1 })
})

test('what the registry has not taken the channel does not say; without the key nothing is signed', async () => {
  const waiting = stage({ registry: 'waiting' })
  waiting.approve()
  await waiting.as(hn).sign()
  await waiting.as(gt).sign()
  expect(await waiting.as(hn).publish()).toEqual({ kind: 'waiting' })
  expect(waiting.report().published.size).toBe(0)
  const bare = stage({ hasKey: false })
  bare.approve()
  expect(await bare.as(hn).sign()).toEqual({ kind: 'no_key' })
  expect(bare.report().signed).toEqual([])
  // Staff have no part in it.
  expect(bare.as(clerk).view()).toBeUndefined()
})
