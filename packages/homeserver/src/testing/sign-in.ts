/** For tests: a person with second factors, and what they send to use them. */
import { TOTP } from 'otpauth'
import { softPasskey } from './authenticator.ts'
import { PASSWORD, type TestNode } from './node.ts'

export const ORIGIN = 'https://chat.hn.example'
export const FACTORS = '/_enlace/client/v1/factors'
type Json = Record<string, unknown>
export type Person = { userId: string; token: string; deviceId: string }

export const byPassword = (session?: unknown) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: '' },
  password: PASSWORD,
  ...(session === undefined ? {} : { session }),
})

/** What shows that it is this person. */
export const proofOf = (userId: string) => ({
  ...byPassword(),
  identifier: { type: 'm.id.user', user: userId },
})

/** The password is asked for, and given. */
export async function withPassword(
  node: TestNode,
  { userId, token }: Person,
  method: string,
  path: string,
  body: Json = {},
) {
  const auth = { ...byPassword(), identifier: { type: 'm.id.user', user: userId } }
  return node.call(method, path, { token, body: { ...body, auth } })
}

export const codeOf = (secret: string, at: number) =>
  new TOTP({ secret, digits: 6, period: 30 }).generate({ timestamp: at })

export async function addTotp(node: TestNode, person: Person) {
  const begun = await withPassword(node, person, 'POST', `${FACTORS}/totp`)
  if (begun.status !== 200) throw new Error(`${begun.status} ${JSON.stringify(begun.body)}`)
  const secret = begun.body['secret'] as string
  const code = codeOf(secret, node.ctx.clock.now())
  const added = await node.call('POST', `${FACTORS}/totp/confirm`, { token: person.token, body: { code } })
  if (added.status !== 200) throw new Error(`${added.status} ${JSON.stringify(added.body)}`)
  return { secret, code, uri: begun.body['uri'] as string, codes: added.body['recovery_codes'] as string[] }
}

export async function addPasskey(node: TestNode, person: Person, passkey = softPasskey(ORIGIN)) {
  const options = await withPassword(node, person, 'POST', `${FACTORS}/passkeys`)
  const added = await node.call('POST', `${FACTORS}/passkeys/confirm`, {
    token: person.token,
    body: { name: 'teléfono', response: passkey.create(options.body) },
  })
  if (added.status !== 200) throw new Error(`${added.status} ${JSON.stringify(added.body)}`)
  return { passkey, codes: added.body['recovery_codes'] as string[] | undefined }
}

/** What stands in the refusal after the right password. */
export const stepOf = (answer: { body: Json }) =>
  answer.body['org.enlace.second_factor'] as {
    session: string
    methods: string[]
    problem?: string
    passkey?: Json
  }

export const secondStep = (node: TestNode, session: string, proof: Json) =>
  node.call('POST', '/login', { body: { type: 'org.enlace.second_factor', session, ...proof } })

export const challenge = async (node: TestNode) =>
  (await node.call('POST', '/_enlace/client/v1/sign-in/challenge', { body: {} })).body

export const withPasskey = (node: TestNode, response: unknown) =>
  node.call('POST', '/login', { body: { type: 'org.enlace.passkey', passkey: response } })
