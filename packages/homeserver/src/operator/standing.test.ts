import { expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { factorNotes } from './standing.ts'

const notes = (sign_in: unknown, server_name = 'hn.example', institutions = ['hn-a', 'hn-b']) =>
  factorNotes(
    parseConfig({
      server_name,
      data_dir: '/nowhere',
      listeners: [{ port: 0, serves: ['client'] }],
      institutions,
      sign_in,
    }),
    institutions,
  )

test('a password alone for whoever speaks for an institution is said, with the key to set, except on a demo’s machine', () => {
  const all = { official: 'optional', coordinator: 'optional' }
  const [note, ...more] = notes({ second_factor: all })
  expect(more).toEqual([])
  for (const words of [note!.words.es, note!.words.en]) {
    expect(words).toContain('sign_in.second_factor.official, sign_in.second_factor.coordinator')
    expect(words).toMatch(/contraseña|password/)
  }
  expect(notes({ second_factor: all }, 'hn.example', [])).toHaveLength(1)
  expect(notes({ second_factor: all }, 'hn.localhost:8448')).toEqual([])
  expect(notes({})).toEqual([])
  expect(notes({ second_factor: { official: 'required', coordinator: 'asked', staff: 'optional' } })).toEqual(
    [],
  )
})

test('what one institution decides otherwise is what counts for it', () => {
  const weak = notes({ by_institution: { 'hn-b': { coordinator: 'optional' } } })
  expect(weak[0]!.words.es).toContain('en: sign_in.by_institution.hn-b.coordinator.')
  const strict = { official: 'required', coordinator: 'required' }
  const second_factor = { official: 'optional', coordinator: 'optional' }
  expect(notes({ second_factor, by_institution: { 'hn-a': strict, 'hn-b': strict } })).toEqual([])
})
