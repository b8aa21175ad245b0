/** The book under the institution's name: signed by the node's limited key where the institution delegated it, by nobody else. */
import { dutyBookSchema } from '@enlace/coordination/duty'
import { keyId, type PublicKeyRecord, verifyInstitutionPublication } from '@enlace/trust'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MatrixError } from '../errors.ts'
import { directoryOf, startTestNode, type TestNode } from '../testing/node.ts'
import type { DutyPage } from './types.ts'

const BASE = '/_enlace/client/v1/duty'
const KEY = 'hn-rnp-sps'
type Person = { userId: string; token: string }

let node: TestNode
let chief: Person
let staff: Person
/** What the registry has taken, and how it answers. */
const registry = {
  taken: [] as { role: string; metadata: string; targets: Record<string, string> }[],
  refuses: undefined as MatrixError | undefined,
  changed: (_keys: string[]) => {},
}
const duty = () => {
  const text = registry.taken.at(-1)?.targets[`${KEY}/duty.json`]
  return text === undefined ? undefined : JSON.parse(text)
}

beforeAll(async () => {
  node = await startTestNode(
    { institutions: [KEY] },
    {
      overrides: {
        directory: () => directoryOf({ [KEY]: { kind: 'civil_registry', country: 'HN' } }),
        federation: async (_ctx, standard) => ({
          ...(await standard()),
          signedDuty: () => duty(),
          institutionVersion: () => registry.taken.length || undefined,
          onInstitutionChange: (listener) => {
            const before = registry.changed
            registry.changed = (keys) => {
              before(keys)
              listener(keys)
            }
          },
          async publishInstitution(_key, publication) {
            if (registry.refuses) throw registry.refuses
            registry.taken.push(publication as (typeof registry.taken)[number])
            return { version: registry.taken.length }
          },
        }),
      },
    },
  )
  chief = await node.register('jefa')
  staff = await node.register('ana')
  await node.ctx.accounts.setPosition(chief.userId, { institution: KEY, role: 'coordinator' })
  await node.ctx.accounts.setPosition(staff.userId, { institution: KEY, role: 'staff' })
})
afterAll(() => node?.close())

const page = async () =>
  (await node.call('GET', `${BASE}/book`, { token: chief.token })).body as unknown as DutyPage
const keyFor = (who: Person, institution = KEY) =>
  node.call('GET', `/_enlace/client/v1/trust/institutions/${institution}`, { token: who.token })
async function plan(published = true): Promise<void> {
  const { revision } = await page()
  const position = { key: 'registro', name: { es: 'Registro', en: 'Registry' }, published }
  const turn = { position: 'registro', user_id: staff.userId, weekdays: [1, 2], from: '08:00', to: '16:00' }
  const body = { revision, plan: { positions: [position], turns: [turn] } }
  expect((await node.call('PUT', `${BASE}/book`, { token: chief.token, body })).status).toBe(200)
}

test('without a key nothing is signed; the key is for those who keep the book, and stays the same', async () => {
  await plan()
  expect(registry.taken).toEqual([])
  expect((await page()).publication).toEqual({ state: 'unsigned', signer: 'none' })
  expect((await keyFor(staff)).status).toBe(403)
  expect((await keyFor(chief, 'gt-renap')).status).toBe(404)
  const first = (await keyFor(chief)).body
  expect(first).toEqual((await keyFor(chief)).body)
  expect(JSON.stringify(first)).not.toContain('PRIVATE')
})

test('a key that is not delegated is tried once, and again when the institution says something new', async () => {
  registry.refuses = new MatrixError(403, 'M_FORBIDDEN', 'no', { 'org.enlace.rule': 'institution.no-key' })
  await plan()
  await expect.poll(async () => (await page()).publication.signer).toBe('none')
  registry.refuses = undefined
  await plan()
  expect(registry.taken).toEqual([])
  registry.changed([KEY])
  await expect.poll(() => registry.taken.length).toBe(1)
})

test('what is published is the book of that revision, and verifies under the key that was delegated', async () => {
  await plan()
  const { revision } = await page()
  await expect.poll(() => duty()?.revision).toBe(revision)
  const key = (await keyFor(chief)).body['duty_key'] as PublicKeyRecord
  const role = `${KEY}.duty`
  const delegation = { role, keyids: [keyId(key)], keys: [key], threshold: 1, digest: '' }
  const last = registry.taken.at(-1)!
  expect(last.role).toBe(role)
  expect(verifyInstitutionPublication(last, { now: Date.now(), delegation })).toMatchObject({ ok: true })
  const changed = { ...last, targets: { [`${KEY}/duty.json`]: JSON.stringify({ ...duty(), revision: 99 }) } }
  expect(verifyInstitutionPublication(changed, { now: Date.now(), delegation })).toMatchObject({ ok: false })
  expect(dutyBookSchema.parse(duty().duty).turns).toHaveLength(1)
  expect((await page()).publication).toMatchObject({ state: 'published', signer: 'node', revision })
})

test('while the registry is away the page says that it waits, and it is made good; what is internal is not told', async () => {
  registry.refuses = new MatrixError(502, 'M_UNKNOWN', 'away', {
    'org.enlace.rule': 'institution.registry-away',
  })
  await plan(false)
  expect((await page()).publication).toMatchObject({ state: 'waiting', signer: 'node' })
  registry.refuses = undefined
  await node.ctx.duty.look()
  await expect.poll(async () => (await page()).publication.state).toBe('published')
  expect(JSON.stringify(duty())).not.toContain(staff.userId)
})
