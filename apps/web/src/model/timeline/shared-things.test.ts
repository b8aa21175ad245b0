import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CARD_KEY,
  cardContent,
  parseGeo,
  placeContent,
  sharedFields,
  sharedOutgoing,
} from './shared-things.ts'
import type { CardBody } from './types.ts'

const place = {
  latitude: 15.767,
  longitude: -88.033,
  uncertainty: 5_000,
  words: 'Omoa, Honduras',
  own: false,
}
const card: CardBody = {
  type: 'card',
  key: 'registro-civil-omoa',
  name: 'Registro Civil de Omoa',
  service: 'Partida de nacimiento',
  phones: ['+504 0000 0101'],
}

test('a place goes as the specification has it, and what MSC3488 adds under its prefix, with words and an address that any client reads, and comes back', () => {
  const content = placeContent(place)
  expect(content).toMatchObject({
    msgtype: 'm.location',
    body: 'Omoa, Honduras geo:15.767,-88.033;u=5000',
    geo_uri: 'geo:15.767,-88.033;u=5000',
    'org.matrix.msc3488.location': { uri: 'geo:15.767,-88.033;u=5000', description: 'Omoa, Honduras' },
    'org.matrix.msc3488.asset': { type: 'm.pin' },
  })
  expect(sharedOutgoing(content)).toEqual({ type: 'place', ...place })
  // As it will be called, and as the specification's own message has it, without any of it.
  const {
    'org.matrix.msc3488.location': location,
    'org.matrix.msc3488.asset': asset,
    ...rest
  } = placeContent({ ...place, own: true })
  expect(sharedOutgoing({ ...rest, 'm.location': location, 'm.asset': asset })).toMatchObject({
    own: true,
    latitude: 15.767,
  })
  // Whose it is: the sender's where MSC3488's location does not say, and a place where the kind is none we know.
  expect(sharedOutgoing({ ...rest, 'org.matrix.msc3488.location': location })).toMatchObject({ own: true })
  const otherKind = {
    'org.matrix.msc3488.location': location,
    'org.matrix.msc3488.asset': { type: 'x.buoy' },
  }
  expect(sharedOutgoing({ ...rest, ...otherKind })).toMatchObject({ own: false })
  expect(sharedOutgoing(rest)).toMatchObject({ own: false, uncertainty: 5_000 })
  expect(sharedOutgoing({ msgtype: 'm.location', body: 'Big Ben', geo_uri: 'geo:51.5008,0.1247' })).toEqual({
    type: 'place',
    latitude: 51.5008,
    longitude: 0.1247,
    words: 'Big Ben',
    own: false,
  })
})

describe('a place that is none is not drawn', () => {
  test.each([
    'geo:1e9,0',
    'geo:1000000000,0',
    'geo:91,0',
    'geo:0,181',
    'geo:NaN,0',
    'geo:,',
    'geo:1,2;crs=moon-2011',
    'geo:1,2 onload=x',
    'javascript:alert(1)',
    'https://malo.example/?geo:1,2',
    '',
  ])('%s', (uri) => {
    expect(parseGeo(uri)).toBeUndefined()
    expect(sharedOutgoing({ msgtype: 'm.location', body: 'x', geo_uri: uri })).toBeUndefined()
  })
  test('whatever is sent, what is shown is on the Earth', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `geo:${text}`),
          fc.tuple(fc.double(), fc.double()).map(([a, b]) => `geo:${a},${b};u=${a}`),
        ),
        (uri) => {
          const found = parseGeo(uri)
          if (!found) return
          expect(Math.abs(found.latitude)).toBeLessThanOrEqual(90)
          expect(Math.abs(found.longitude)).toBeLessThanOrEqual(180)
          expect(found.uncertainty ?? 0).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})

test('a card goes with its text, and of a hostile one only what a telephone dials is taken', () => {
  const content = cardContent(card, 'Registro Civil de Omoa\nTel. +504 0000 0101')
  expect(content).toMatchObject({ msgtype: 'm.text', body: 'Registro Civil de Omoa\nTel. +504 0000 0101' })
  expect(sharedOutgoing(content)).toEqual(card)
  const hostile = (change: object) => sharedOutgoing({ ...content, [CARD_KEY]: { ...card, ...change } })
  expect(
    hostile({
      phones: ['javascript:alert(1)', '+504;ext=<script>', '*#06#', 7, '+504 0000 0101', '00502 7777-0000'],
    }),
  ).toEqual({ ...card, phones: ['+504 0000 0101', '00502 7777-0000'] })
  expect(hostile({ phones: Array.from({ length: 21 }, () => '+504 0000 0101') })).toEqual({
    ...card,
    phones: [],
  })
  for (const change of [
    { key: '../settings' },
    { key: 'x'.repeat(101) },
    { name: '' },
    { name: 'x'.repeat(201) },
    { name: { es: 'x' } },
    { hours: 'x'.repeat(501) },
  ])
    expect(hostile(change), JSON.stringify(change)).toBeUndefined()
  expect(Object.keys(sharedFields)).toContain(CARD_KEY)
})
