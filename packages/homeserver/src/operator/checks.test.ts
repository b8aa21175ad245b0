import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRoot } from '@enlace/trust'
import { TrustRepository } from '@enlace/trust/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { checkSurroundings } from './checks.ts'

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'enlace-checks-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

test('a good trust root is called good, a damaged one is not', async () => {
  const good = Buffer.from(new TrustRepository().files.get('metadata/1.root.json')!)
  expect(parseRoot(good).ok).toBe(true)
  const findings = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(base, name), bytes)
    // Nobody listens there: what is looked at here is the file.
    const list = { url: 'http://127.0.0.1:1/federation-list', root: join(base, name) }
    const all = await checkSurroundings(
      parseConfig({
        server_name: 'hn.localhost:1',
        data_dir: base,
        listeners: [{ port: 0, serves: ['federation'] }],
        federation: { list },
      }),
    )
    return all.filter(({ check }) => check === 'root').map(({ state }) => state)
  }
  expect(await findings('root.json', good)).toEqual(['good'])
  const resigned = good.toString().replace(/"version": ?1/, '"version":7')
  expect(resigned).not.toBe(good.toString())
  expect(await findings('changed.json', Buffer.from(resigned))).toEqual(['wrong'])
  expect(await findings('cut.json', good.subarray(0, good.length / 2))).toEqual(['wrong'])
})
