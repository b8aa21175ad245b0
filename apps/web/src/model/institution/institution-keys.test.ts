import { expect, test } from 'vitest'
import { createInstitutionKeys } from './institution-keys.ts'

test('two keys that are taken up together are both kept, and one is forgotten beside another', async () => {
  let disk: string | undefined
  const parts = {
    secretNames: () => [],
    withSecrets: async () => ({ ok: false as const, reason: 'malformed' as const }),
    read: async () => disk,
    async write(text: string | undefined) {
      await new Promise((done) => setTimeout(done, text === undefined ? 1 : 5))
      disk = text
    },
  }
  const keys = createInstitutionKeys(parts)
  const [first] = await Promise.all([keys.create('hn-rnp'), keys.create('gt-renap')])
  expect([...keys.held.get().keys()].sort()).toEqual(['gt-renap', 'hn-rnp'])
  await Promise.all([keys.forget('gt-renap'), keys.create('gt-sbs')])
  const again = createInstitutionKeys(parts)
  await again.load()
  expect([...again.held.get().keys()].sort()).toEqual(['gt-sbs', 'hn-rnp'])
  expect(again.held.get().get('hn-rnp')?.keyid).toBe(first.keyid)
})
