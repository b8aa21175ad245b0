import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { callAcross } from './matrix.ts'

test.each([
  ['was away for two requests', [502, 502, 200], 200, 3],
  ['refuses', [403], 403, 1],
])('another server that %s', async (_, statuses, last, asked) => {
  let requests = 0
  const server = createServer((_request, response) => {
    response.statusCode = statuses[requests]!
    requests += 1
    response.end(
      JSON.stringify(response.statusCode === 200 ? { ok: true } : { errcode: 'M_TEST', error: 'no' }),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const session = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    userId: '@a:b',
    accessToken: 'x',
  }
  const answer = callAcross(session, 'POST', '/rooms/x/invite', {})
  if (last === 200) await expect(answer).resolves.toEqual({ ok: true })
  else await expect(answer).rejects.toMatchObject({ status: last })
  expect(requests).toBe(asked)
})
