import { expect, test } from 'vitest'
import type { Actor } from '../cases/case-events.ts'
import { type PublishedRisk, publishedRisk } from './published.ts'
import { mergedRisks } from './risk.ts'
import { createPlaceGuard, placeAt } from './risk-place.ts'
import { publishedRisks, riskPublishing, signedRisks } from './risk-publishing.ts'
import { publicRisks } from './risk-view.ts'
import { AT, clerk, consulate, coordinatorGt, countryOf, record, registry, Side } from './testing.ts'

const none = createPlaceGuard([], [])
const signatures = [{ keyid: '0'.repeat(64), sig: '0'.repeat(128) }]

function stage() {
  const side = new Side('a')
  const id = side.report(clerk, record())
  const report = () => side.states.get(id)!
  const row = () => publicRisks(mergedRisks(side.states.values()), none, countryOf)[0]
  const version = () => report().versions.at(-1)!.eventId
  const approve = (...who: Actor[]) => {
    for (const one of who) side.step(id, one, { step: 'approve', version: version() })
  }
  const words = (by: Actor, number = 1): PublishedRisk =>
    publishedRisk(row()!, { institution: by.institution, id: 'a'.repeat(32), number })
  const sign = (by: Actor, content: PublishedRisk) =>
    side.step(id, by, { step: 'sign' }, { content, signatures })
  const of = (by: Actor, now = AT) => riskPublishing(report(), row(), by.institution, none, countryOf, now)
  const last = () => report().signed.at(-1)!.eventId
  return { side, id, report, row, approve, words, sign, of, last }
}

test('an institution signs what it approved; who signs second signs the same words; the first publishes', () => {
  const { side, id, report, approve, words, sign, of, last } = stage()
  approve(consulate, coordinatorGt)
  expect(of(consulate)).toMatchObject({ maySign: true, missing: ['HN', 'GT'], stale: false })
  expect(of(consulate).cosign).toBeUndefined()
  const said = words(consulate)
  // Who did not approve does not sign.
  sign(registry, words(registry))
  expect(report().refused.map(({ reason }) => reason)).toEqual(['not_entitled'])
  sign(consulate, said)
  expect(of(consulate)).toMatchObject({ maySign: false, missing: ['GT'] })
  expect(of(consulate).ready).toBeUndefined()
  expect(of(coordinatorGt)).toMatchObject({ maySign: true, cosign: said })
  sign(coordinatorGt, said)
  expect(of(coordinatorGt).ready).toBeUndefined()
  const { ready } = of(consulate)
  expect(ready?.risk).toEqual(said)
  expect(ready?.approvals.map(({ institution }) => institution)).toEqual([
    consulate.institution,
    coordinatorGt.institution,
  ])
  side.step(id, consulate, { step: 'publish', signed: ready!.signed })
  expect(publishedRisks(report())).toMatchObject([{ institution: consulate.institution, risk: said }])
  expect(of(consulate).ready).toBeUndefined()
  expect(of(coordinatorGt).by).toEqual([consulate.institution])
  const over = Date.parse('2026-06-01T06:00:00Z')
  expect(of(coordinatorGt, over)).toMatchObject({ by: [], stale: false, maySign: false })
  // Nobody says that another's words are public.
  side.step(id, coordinatorGt, { step: 'publish', signed: last() })
  expect(publishedRisks(report())).toHaveLength(1)
})

test('changed, objected to or withdrawn: what is public is stale, and is taken back by name', () => {
  const { side, id, report, row, approve, words, sign, of } = stage()
  approve(consulate, coordinatorGt)
  const said = words(consulate)
  sign(consulate, said)
  sign(coordinatorGt, said)
  const first = of(consulate).ready!.signed
  side.step(id, consulate, { step: 'publish', signed: first })
  expect(of(consulate).stale).toBe(false)
  side.step(
    id,
    clerk,
    { step: 'report' },
    record({ place: placeAt({ latitude: 15.6, longitude: -88.3 }, 'cell_10')! }),
  )
  expect(row()).toBeUndefined()
  expect(of(consulate)).toMatchObject({ stale: true, maySign: false })
  expect(signedRisks(report())).toEqual([])
  approve(consulate, coordinatorGt)
  expect(of(consulate)).toMatchObject({ stale: true, maySign: true })
  side.step(id, clerk, { step: 'withdraw' })
  expect(of(consulate)).toMatchObject({ stale: true, maySign: false })
  // Taken back also when the report is withdrawn; of the other institution's word nothing changes.
  side.step(id, coordinatorGt, { step: 'retract', signed: first })
  expect(publishedRisks(report())).toMatchObject([{ signers: [consulate.institution] }])
  expect(of(consulate)).toMatchObject({ by: [], stale: false })
  side.step(id, consulate, { step: 'retract', signed: first })
  expect(publishedRisks(report())).toEqual([])
  side.step(id, consulate, { step: 'retract', signed: first })
  expect(report().refused.map(({ reason }) => reason)).toEqual(['already_done'])
})

test('words that were taken back are signed no more: it comes back in others', () => {
  const { side, id, report, approve, words, sign, of } = stage()
  approve(consulate, coordinatorGt)
  const said = words(consulate)
  sign(consulate, said)
  sign(coordinatorGt, said)
  const [, second] = report().signed
  side.step(id, coordinatorGt, { step: 'retract', signed: second!.eventId })
  expect(of(consulate).ready).toBeUndefined()
  expect(of(coordinatorGt)).toMatchObject({ maySign: true })
  expect(of(coordinatorGt).cosign).toBeUndefined()
  side.step(id, consulate, { step: 'retract', signed: second!.eventId })
  expect(signedRisks(report())).toEqual([])
  const again = words(consulate, 2)
  sign(consulate, again)
  sign(coordinatorGt, again)
  expect(of(consulate).ready?.risk).toEqual(again)
})

test('a record that is not of the form, or finer than allowed, is no signature', () => {
  const { approve, words, sign, report } = stage()
  approve(consulate, coordinatorGt)
  const fine = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_5')!
  sign(consulate, { ...words(consulate), place: fine })
  sign(consulate, { ...words(consulate), when: '2026-03-09' })
  expect(report().refused.map(({ reason }) => reason)).toEqual(['malformed_record', 'malformed_record'])
  expect(report().signed).toEqual([])
})
