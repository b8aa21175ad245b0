import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { expect, test } from 'vitest'
import { openFolderStore } from './folder-store.ts'
import { LocalIndex } from './local-index.ts'
import { createPackWriter } from './pack-writer.ts'
import { sealFor } from './sealing.ts'

const MIB = 1024 * 1024

test('no object is larger than 17 MiB and some KiB, whatever sizes chunks have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-packs-'))
  const index = LocalIndex.open(join(folder, 'index.sqlite'))
  try {
    const store = await openFolderStore(join(folder, 'store'))
    const writer = createPackWriter({
      store,
      index,
      seal: sealFor([await identityToRecipient(await generateIdentity())]),
      hashKey: randomBytes(32),
      check: async () => undefined,
    })
    // Whatever is waiting, the largest chunk may come next.
    const sizes = [8 * MIB - 1, 17 * MIB, 1, 17 * MIB - 1, 8 * MIB - 1, 8 * MIB]
    const ids: Buffer[] = []
    for (const size of sizes) ids.push(await writer.add(randomBytes(size)))
    await writer.flush()
    const packs: number[] = []
    for await (const { size } of store.list('packs')) packs.push(size)
    expect(packs).toHaveLength(4)
    for (const size of packs) expect(size).toBeLessThan(17 * MIB + 16 * 1024)
    expect(ids.map((id) => index.known(id)?.size)).toEqual(sizes)
  } finally {
    index.close()
    await rm(folder, { recursive: true, force: true })
  }
})
