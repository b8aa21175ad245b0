import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Actor } from '../cases/case-events.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { redactionRule } from '../topics/redactable.ts'
import { materialStatus, needsReview, publicationItem, reduceMaterial } from './material.ts'
import { materialEventType, materialUpdateEventType } from './material-events.ts'
import {
  author,
  countryOf,
  DAY,
  leaflet,
  materialRoot,
  neighbour,
  neighbourStaff,
  other,
  owner,
  Side,
  START,
  stateOf,
} from './testing.ts'

const actors: Actor[] = [author, owner, neighbour, neighbourStaff, other]
const comment = { what: 'comment' as const, text: 'Cambie el teléfono.' }
const until = START + 200 * DAY
const signatures = [{ keyid: 'a'.repeat(64), sig: 'b'.repeat(128) }]

/** What somebody might do next, from what their side shows them; allowed or not. */
function act(side: Side, who: number, what: number, which: number): void {
  const by = actors[who % actors.length]!
  const { state } = side
  const version = state.versions[which % Math.max(1, state.versions.length)]?.id
  switch (what % 7) {
    case 0:
      side.write(by, { title: `${side.name} ${which}` })
      return
    case 1:
      side.send(by, { step: 'comment' }, comment)
      return
    case 2:
    case 3:
      if (version) side.send(by, { step: 'approve', version })
      return
    case 4:
      if (version) side.send(by, { step: 'return', version }, comment)
      return
    case 5:
      if (version) side.send(by, { step: 'publish', version, valid_until_ts: until })
      return
    default: {
      const publication = state.publications[which % Math.max(1, state.publications.length)]?.id
      if (publication) side.send(by, { step: 'withdraw', publication, reason: 'changed' })
    }
  }
}

const actions = fc.array(fc.tuple(fc.boolean(), fc.nat(20), fc.nat(200), fc.nat(50)), { maxLength: 40 })
const played = fc.tuple(actions, actions).map(([together, apart]) => {
  const hn = new Side('hn')
  const gt = new Side('gt')
  for (const [left, ...action] of together) {
    act(left ? hn : gt, ...action)
    hn.take(gt)
    gt.take(hn)
  }
  for (const [left, ...action] of apart) act(left ? hn : gt, ...action)
  return { hn, gt }
})

test('both sides of a cut line, events in any order and twice: one state', () => {
  fc.assert(
    fc.property(played, fc.infiniteStream(fc.nat()), ({ hn, gt }, random) => {
      hn.take(gt)
      gt.take(hn)
      const events = [...hn.events.values()]
      const shuffled = [...events, ...events]
        .map((event) => ({ event, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => structuredClone(event))
      const expected = hn.state
      expect(gt.state).toEqual(expected)
      expect(stateOf(shuffled, hn.records)).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('nothing is published that coordinators of both countries, other than who wrote it, did not approve', () => {
  fc.assert(
    fc.property(played, ({ hn, gt }) => {
      hn.take(gt)
      const { versions, publications } = hn.state
      for (const { version, by } of publications) {
        expect(by).toEqual(owner)
        const found = versions.find(({ id }) => id === version)!
        const countries = new Set([...found.stances.keys()].map(countryOf))
        expect(countries).toEqual(new Set(['HN', 'GT']))
        for (const stance of found.stances.values()) {
          expect(stance.by.role).toBe('coordinator')
          if (stance.stance === 'approve') expect(stance.sender).not.toBe(found.sender)
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('from proposal to print and back: who may do what, and how it stands', () => {
  const side = new Side('hn')
  const status = (now = START + DAY) => materialStatus(side.state, now, countryOf)
  const reason = () => side.state.refused.at(-1)?.reason
  expect(status()).toBe('proposed')
  side.write(neighbourStaff)
  expect(reason()).toBe('not_entitled')
  const first = side.write(author)
  expect(status()).toBe('in_review')
  side.send(neighbourStaff, { step: 'approve', version: first })
  expect(reason()).toBe('not_entitled')
  side.send(neighbour, { step: 'return', version: first }, comment)
  expect(status()).toBe('returned')
  expect(side.state.comments).toMatchObject([{ text: comment.text, version: first }])
  const second = side.write(owner, { title: 'Ejemplo: corregido' })
  expect(status()).toBe('in_review')
  side.send(owner, { step: 'approve', version: second })
  expect(reason()).toBe('own_version')
  side.send(neighbour, { step: 'approve', version: second }, { what: 'approval', signatures })
  side.send(owner, { step: 'publish', version: second, valid_until_ts: until })
  expect(reason()).toBe('not_approved')
  side.send(other, { step: 'approve', version: second })
  expect(status()).toBe('approved')
  side.send(other, { step: 'publish', version: second, valid_until_ts: until })
  expect(reason()).toBe('not_entitled')
  side.send(owner, { step: 'publish', version: second, valid_until_ts: until + 1 })
  expect(reason()).toBe('validity')
  const publication = side.send(owner, { step: 'publish', version: second, valid_until_ts: until })
  expect(status()).toBe('published')
  expect(status(until)).toBe('expired')
  expect(publicationItem(side.state)).toEqual({
    material: leaflet({ number: 2, title: 'Ejemplo: corregido' }),
    approvals: [{ institution: neighbour.institution, signatures }],
  })
  side.send(author, { step: 'withdraw', publication, reason: 'changed' })
  expect(reason()).toBe('not_entitled')
  side.send(neighbour, { step: 'withdraw', publication, reason: 'changed' })
  expect(status()).toBe('withdrawn')
  expect(publicationItem(side.state)).toBeUndefined()
  side.send(owner, { step: 'publish', version: second, valid_until_ts: until })
  expect(reason()).toBe('superseded')
})

test('its address is printed: institution, name and language stay; a version counts up', () => {
  const side = new Side('hn')
  const first = side.write(author)
  const write = (content: object, bases = [first]) => {
    side.send(author, { step: 'version' }, { what: 'version', bases, content: leaflet(content) })
    return side.state.refused.at(-1)?.reason
  }
  expect(write({ number: 1 })).toBe('malformed_record')
  expect(write({ number: 2, slug: 'otro' })).toBe('address_changed')
  expect(write({ number: 2, language: 'kek' })).toBe('address_changed')
  expect(write({ number: 2, institution: 'gt-pgn-izabal' })).toBe('address_changed')
  expect(write({ number: 2 }, ['$none'])).toBe('unknown_target')
  expect(side.state.versions.map(({ id }) => id)).toEqual([first])
})

test('two write at once: the last stands, the other is named until somebody has seen both', () => {
  const hn = new Side('hn')
  const gt = new Side('gt')
  hn.write(author)
  gt.take(hn)
  hn.write(author, { title: 'Ejemplo: uno' })
  gt.write(neighbour, { title: 'Ejemplo: dos' })
  gt.write(neighbour, { title: 'Ejemplo: dos y medio' })
  gt.write(neighbour, { title: 'Ejemplo: tres' })
  hn.take(gt)
  expect(hn.state.versions.at(-1)?.content?.title).toBe('Ejemplo: tres')
  expect(hn.state.apart).toHaveLength(1)
  hn.write(author, { title: 'Ejemplo: juntos', number: 9 })
  expect(hn.state.apart).toEqual([])
})

test('a record of the directory that changed or went after the approval: to be reviewed', () => {
  const side = new Side('hn')
  const service = '00000000-0000-4000-8000-000000000001'
  const name = { institution: 'hn-rnp-sps', service, digest: '1'.repeat(64) }
  side.write(author, { names: [name] })
  expect(needsReview(side.state, () => name.digest)).toEqual([])
  expect(needsReview(side.state, () => '2'.repeat(64))).toEqual([{ name, why: 'changed' }])
  expect(needsReview(side.state, () => undefined)).toEqual([{ name, why: 'gone' }])
})

test('records: of the sender alone, once, of this material; nodes without them see the same steps', () => {
  const side = new Side('hn')
  const id = side.write(author)
  const event = side.events.get(id)!
  const record = side.records.get(`${id}r`)!
  const reason = (changed: object) =>
    stateOf([event], new Map([[`${id}r`, { ...record, ...changed }]])).refused[0]?.reason
  expect(reason({})).toBeUndefined()
  expect(reason({ sender: '@otra:hn.example' })).toBe('not_own_record')
  expect(reason({ material: '$other' })).toBe('not_own_record')
  expect(reason({ content: comment })).toBe('malformed_record')
  expect(reason({ content: { what: 'version', content: leaflet({ title: 'x\u202e' }) } })).toBe(
    'malformed_record',
  )
  const twice = { ...event, event_id: '$again', origin_server_ts: START + 9_000 }
  expect(stateOf([event, twice], side.records).refused).toMatchObject([{ reason: 'already_done' }])
  const blind = stateOf([event], new Map())
  expect(blind).toMatchObject({ unread: [id], versions: [{ id }], refused: [] })
  const lying = reduceMaterial(materialRoot(), [event], { believe: () => false, countryOf })
  expect(lying).toBe('not_believed')
})

test('envelopes have no room for text and are not deleted', () => {
  expect(checkClearEvent(materialEventType, { by: author }).allowed).toBe(true)
  expect(checkClearEvent(materialEventType, { by: author, title: 'Hoja' }).allowed).toBe(false)
  const side = new Side('hn')
  const step = side.events.get(side.write(author))!.content as object
  expect(checkClearEvent(materialUpdateEventType, step).allowed).toBe(true)
  for (const more of [{ text: 'x' }, { version: '$v' }, { reason: 'changed' }, { valid_until_ts: 1 }])
    expect(checkClearEvent(materialUpdateEventType, { ...step, ...more }).allowed).toBe(false)
  expect(redactionRule(materialUpdateEventType, true)).toBe('material.not-deleted')
})
