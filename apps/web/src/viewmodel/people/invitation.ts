import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { ENLACE } from '../../lib/request.ts'
import { entered, type LoginOutcome } from '../../model/session/login.ts'

/** What the fragment of an invitation's address holds: it is sent to no server by itself. */
export type InvitationLink = { id: string; secret: string }

export const addressOf = ({ id, secret }: InvitationLink, origin: string) =>
  `${origin}/invitacion#${id}.${secret}`

export function linkFrom(fragment: string): InvitationLink | undefined {
  const [id, secret, ...more] = fragment.replace(/^#/, '').split('.')
  return id && secret && more.length === 0 ? { id, secret } : undefined
}

const openedSchema = z.object({
  kind: z.enum(['join', 'password']),
  user_id: z.string(),
  display_name: z.string().nullable(),
  role: z.enum(['staff', 'coordinator', 'official']).nullable(),
  expires_ts: z.number(),
  institution: z.object({ key: z.string(), name: z.string() }),
  invited_by: z.object({ user_id: z.string(), display_name: z.unknown() }),
  passkeys_offered: z.boolean(),
  second_factor: z.boolean(),
})
export type OpenedInvitation = z.output<typeof openedSchema>

async function post(baseUrl: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${baseUrl}${ENLACE}/invitations/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw new RequestError(response.status, answer)
  return answer
}

export const openInvitation = async (baseUrl: string, link: InvitationLink): Promise<OpenedInvitation> =>
  openedSchema.parse(await post(baseUrl, 'open', link))

export const passkeyOptions = (baseUrl: string, link: InvitationLink, username: string) =>
  post(baseUrl, 'passkey', { ...link, username })

/** `outcome` is absent when the person has to sign in: a new password does not stand for the second step. */
export async function acceptInvitation(
  baseUrl: string,
  link: InvitationLink,
  wanted: object,
): Promise<{ outcome: LoginOutcome | undefined; recoveryCodes: readonly string[] | undefined }> {
  const answer = await post(baseUrl, 'accept', { ...link, ...wanted, refresh_token: true })
  const codes = z.object({ recovery_codes: z.array(z.string()) }).safeParse(answer)
  return { outcome: entered(answer), recoveryCodes: codes.success ? codes.data.recovery_codes : undefined }
}
