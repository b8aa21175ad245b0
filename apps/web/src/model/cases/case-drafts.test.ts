import 'fake-indexeddb/auto'
import { afterEach, expect, test } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import { createCaseDrafts } from './case-drafts.ts'
import type { CaseDrafts } from './types.ts'

const USER = '@albergue.gt:gt.localhost'
const ROOM = '!documentation:hn.localhost'
const values = {
  given_names: 'Nadie',
  surnames: 'Ninguno',
  birth_date: '2018-03-14',
  birth_municipality: 'Omoa',
  purpose: 'court',
  consent: 'guardian',
  consent_date: '2026-01-15',
}
let count = 0
const open: { drafts: CaseDrafts; database: OwnDatabase }[] = []
afterEach(() => {
  for (const one of open.splice(0)) {
    one.drafts.close()
    one.database.close()
  }
})

/** A device with its database, and a node that answers as it is told. */
async function device(user = `${USER}-${++count}`) {
  const sent: { type: string; content: unknown; txnId: string }[] = []
  const node = { reserved: 0, fail: undefined as unknown, failDetails: undefined as unknown }
  const database = await openOwnDatabase(user)
  const drafts = await createCaseDrafts({
    database,
    userId: USER,
    targets: () => ({}),
    cases: {
      actor: () => ({ institution: 'gt-casa-del-migrante-entre-rios', role: 'staff' }),
      institutions: createStore(new Map()),
      known: createStore(new Map()),
      api: {
        reserve: async () => `DOC-2026-${String(10_000 + ++node.reserved).padStart(6, '0')}`,
      } as never,
      send: {
        async envelope(_room, type, content, txnId) {
          if (node.fail) throw node.fail
          sent.push({ type, content, txnId })
          return '$case'
        },
        async details(_room, _case, details, txnId) {
          if (node.failDetails) throw node.failDetails
          sent.push({ type: 'details', content: details, txnId })
          return '$details'
        },
        document: async () => '$document',
      },
    },
  })
  open.push({ drafts, database })
  return { user, drafts, node, sent, database }
}

async function written(drafts: CaseDrafts): Promise<string> {
  const draft = await drafts.create(ROOM)
  drafts.change(draft.id, { kind: 'birth_certificate', institutions: [] })
  drafts.change(draft.id, { institutions: ['hn-rnp-sps'], values })
  return draft.id
}

test('what was typed is there after the page was closed', async () => {
  const first = await device()
  const id = await written(first.drafts)
  await first.drafts.flush()
  const again = await device(first.user)
  expect(again.drafts.all.get()).toMatchObject([
    { id, kind: 'birth_certificate', institutions: ['hn-rnp-sps'], values },
  ])
})

test('the envelope carries no word of the form; the form goes encrypted, once each', async () => {
  const { drafts, sent } = await device()
  const id = await written(drafts)
  await expect(drafts.submit(id)).resolves.toBe('sent')
  expect(sent.map((one) => [one.type, one.txnId])).toEqual([
    ['org.enlace.case', `c${id}`],
    ['details', `d${id}`],
  ])
  expect(JSON.stringify(sent[0])).not.toMatch(/Nadie|Ninguno|2018|Omoa/)
  expect(sent[0]?.content).toMatchObject({ priority: 'high', responsible: 'hn-rnp-sps' })
  expect(sent[0]?.content).not.toHaveProperty('minor')
  expect(drafts.all.get()).toEqual([])
})

test('interrupted after the envelope, it goes on from there: one reference, one case', async () => {
  const first = await device()
  const id = await written(first.drafts)
  first.node.failDetails = new TypeError('Failed to fetch')
  await expect(first.drafts.submit(id)).resolves.toBe('waiting')
  expect(first.sent).toHaveLength(1)
  first.drafts.close()
  const again = await device(first.user)
  expect(again.drafts.all.get()).toMatchObject([{ id, eventId: '$case', sending: true }])
  await expect(again.drafts.submit(id)).resolves.toBe('sent')
  expect(again.sent.map((one) => one.type)).toEqual(['details'])
  expect(again.node.reserved).toBe(0)
})

test('a refusal stays with the draft, to be read and corrected; a reference not valid any more is replaced', async () => {
  const { drafts, node, sent } = await device()
  const id = await written(drafts)
  node.fail = new RequestError(403, {
    errcode: 'M_FORBIDDEN',
    error: 'no',
    'org.enlace.rule': 'case.reference',
  })
  await expect(drafts.submit(id)).resolves.toBe('failed')
  expect(drafts.all.get()[0]).toMatchObject({ sending: false, failure: { kind: 'refused' } })
  expect(drafts.all.get()[0]?.reference).toBeUndefined()
  node.fail = undefined
  await expect(drafts.submit(id)).resolves.toBe('sent')
  expect(sent[0]?.content).toMatchObject({ reference: 'DOC-2026-010002' })
})

test('what is on its way is not changed under it', async () => {
  const { drafts, node } = await device()
  const id = await written(drafts)
  node.fail = new TypeError('Failed to fetch')
  await drafts.submit(id)
  drafts.change(id, { values: { ...values, surnames: 'Otro' } })
  expect(drafts.all.get()[0]?.values['surnames']).toBe('Ninguno')
})

test('two tabs, one after the other: what was typed last in the first is in the form of the second', async () => {
  const user = `${USER}-tabs`
  const first = await device(user)
  const draft = await first.drafts.create(ROOM)
  for (let n = 0; n < 30; n++) first.drafts.change(draft.id, { values: { given_names: `N${n}` } })
  await first.drafts.close()
  await first.database.close()
  const second = await device(user)
  expect(second.drafts.all.get().map((one) => one.values['given_names'])).toEqual(['N29'])
})
