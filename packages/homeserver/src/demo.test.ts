import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'
import { isLocalName } from './demo.ts'
import { demoNotes } from './operator/standing.ts'

const parse = (more: Record<string, unknown>) =>
  parseConfig({
    server_name: 'hn.example',
    data_dir: '/nowhere',
    listeners: [{ port: 0, serves: ['client'] }],
    institutions: ['hn-a', 'hn-b'],
    ...more,
  })
const fault = (more: Record<string, unknown>): string => {
  try {
    parse(more)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}
const alone = { second_factor: { official: 'optional', coordinator: 'optional', staff: 'optional' } }

test('no file of a real node lets those in with the password alone who speak for an institution; it says the key', () => {
  expect(fault({ sign_in: alone })).toMatch(
    /sign_in\.second_factor\.official, sign_in\.second_factor\.coordinator: oficiales .* \/ .*officials/s,
  )
  expect(fault({ sign_in: { by_institution: { 'hn-b': { coordinator: 'optional' } } } })).toContain(
    'sign_in.by_institution.hn-b.coordinator:',
  )
  // What is hidden behind a strict rule for every institution of today counts for one that comes tomorrow.
  const strict = { official: 'required', coordinator: 'required' }
  expect(fault({ sign_in: { ...alone, by_institution: { 'hn-a': strict, 'hn-b': strict } } })).toContain(
    'sign_in.second_factor.official',
  )
  expect(fault({ sign_in: { deadline_days: 365 } })).toContain('sign_in.deadline_days')
  for (const sign_in of [undefined, { second_factor: { staff: 'required' }, deadline_days: 30 }])
    expect(fault({ sign_in })).toBe('')
})

test('a demo says that it is one, under a name of its own machine; elsewhere it is refused', () => {
  const demo = parse({ server_name: 'hn.localhost:8110', demo: 'on', sign_in: alone })
  const [note] = demoNotes(demo)
  expect(note).toMatchObject({ key: 'demo', urgency: 'now' })
  expect([note?.words.es, note?.words.en].join(' ')).toMatch(/contraseña sola.*password alone/s)
  // What only a demo may do makes one, whatever its file calls it.
  expect(demoNotes(parse({ server_name: 'hn.localhost:8110', sign_in: alone }))).toEqual([note])
  expect(demoNotes(parse({}))).toEqual([])
  expect(demoNotes(parse({ server_name: 'hn.localhost:8110' }))).toEqual([])
  for (const server_name of [
    'hn.example',
    'localhost.example',
    '192.168.0.4:8448',
    'xlocalhost',
    '[2001:db8::1]',
  ])
    for (const on of ['on', true])
      expect(fault({ server_name, demo: on, sign_in: alone }), server_name).toContain('demo: solo')
  for (const name of ['localhost', 'LOCALHOST:8448', 'hn.localhost:8110', '127.0.0.1:8448', '[::1]:8448'])
    expect(isLocalName(name), name).toBe(true)
})
