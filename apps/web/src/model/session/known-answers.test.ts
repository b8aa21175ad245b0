import { expect, test } from 'vitest'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { withKnownAnswers } from './known-answers.ts'

const BASE = 'https://hn.example'
const VERSIONS = `${BASE}/_matrix/client/versions`
const RULES = `${BASE}/_matrix/client/v3/pushrules/`
const NEVER = () => new Promise<Response>(() => undefined)
const turn = () => new Promise((done) => setTimeout(done, 5))

/** What it answers, or never. */
function server(given: { versions?: unknown; rules?: () => Promise<Response> }) {
  const asked: string[] = []
  const send = (async (resource: unknown) => {
    const path = String(resource).slice(BASE.length)
    asked.push(path)
    if (path.includes('pushrules')) return (given.rules ?? NEVER)()
    if (path.endsWith('/versions') && given.versions !== undefined)
      return new Response(JSON.stringify(given.versions))
    return NEVER()
  }) as typeof fetch
  return { send, asked, given }
}
const json = async (response: Promise<Response>) => (await response).json()

test('what the server can do is known from the last time before any answer, and asked anew once behind', async () => {
  const database = createVolatileDatabase()
  const { send, asked, given } = server({ versions: { versions: ['v1.11'] } })
  expect(await json(withKnownAnswers(send, database, BASE)(VERSIONS))).toEqual({ versions: ['v1.11'] })
  given.versions = undefined
  asked.length = 0
  const hanging = withKnownAnswers(send, database, BASE)
  expect(await json(hanging(VERSIONS))).toEqual({ versions: ['v1.11'] })
  expect(await json(hanging(VERSIONS))).toEqual({ versions: ['v1.11'] })
  expect(asked.filter((path) => path.endsWith('/versions'))).toHaveLength(1)
  given.versions = { versions: ['v1.11', 'v1.12'], unstable_features: { 'org.x': true } }
  await withKnownAnswers(send, database, BASE)(VERSIONS)
  await turn()
  expect(await json(withKnownAnswers(send, database, BASE)(VERSIONS))).toEqual(given.versions)
})

test.each([
  { versions: [] },
  { versions: 'v1' },
  {},
  [],
  { versions: ['v1'], unstable_features: { a: 'yes' } },
])('hostile: an answer of another shape (%j) is not kept, and the SDK sees it as it is', async (said) => {
  const database = createVolatileDatabase()
  const { send } = server({ versions: said })
  expect(await json(withKnownAnswers(send, database, BASE)(VERSIONS))).toEqual(said)
  expect(await database.get('facts', 'versions')).toBeUndefined()
})

test('the rules are asked for at once and given once; later, and after a failure, they are asked for anew', async () => {
  const rules = async () => new Response('{"global":{}}')
  const net = server({ rules })
  const fetched = withKnownAnswers(net.send, createVolatileDatabase(), BASE)
  expect(net.asked).toEqual(['/_matrix/client/v3/pushrules/'])
  expect(await json(fetched(RULES))).toEqual({ global: {} })
  expect(net.asked).toHaveLength(1)
  expect(await json(fetched(RULES))).toEqual({ global: {} })
  expect(net.asked).toHaveLength(2)

  for (const bad of [
    async () => Promise.reject(new TypeError('offline')),
    async () => new Response('{}', { status: 502 }),
  ]) {
    const broken = server({ rules: bad })
    const again = withKnownAnswers(broken.send, createVolatileDatabase(), BASE)
    broken.given.rules = rules
    expect(await json(again(RULES))).toEqual({ global: {} })
    expect(broken.asked).toHaveLength(2)
  }
})
