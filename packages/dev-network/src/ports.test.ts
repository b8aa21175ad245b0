import { createServer } from 'node:net'
import { freePorts } from '@enlace/embedded-mongo/free-ports'
import { expect, test } from 'vitest'
import { requireFree } from './ports.ts'

test('a port that another program listens on is named, and free ones are not', async () => {
  const [free, used] = (await freePorts(2)) as [number, number]
  const other = createServer()
  await new Promise<void>((done) => other.listen(used, '127.0.0.1', done))
  try {
    await expect(requireFree([free])).resolves.toBeUndefined()
    await expect(requireFree([free, used])).rejects.toMatchObject({ code: 'EADDRINUSE', port: used })
  } finally {
    await new Promise((done) => other.close(done))
  }
})
