import { type ServersFile, type Statement, serversFileSchema, statementSchema } from '@enlace/evidence'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import type { Session } from '../session/types.ts'

export const EXPORTS = `${ENLACE}/exports`

/** What the node let this device export. */
export const grantSchema = z.object({
  export_id: z.string(),
  grant: z.string(),
  server_name: z.string(),
  user_id: z.string(),
  institution: z.string().optional(),
  authorised_ts: z.number(),
})
export type Grant = z.output<typeof grantSchema>

/**
 * Lines of JSON as they come, so that no answer is in memory twice.
 * @throws RequestError, TypeError when it ended early: half of it would look like the whole
 */
export async function* exportLines(
  { baseUrl, tokens }: Pick<Session, 'baseUrl' | 'tokens'>,
  path: string,
  body: object,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  await tokens.ensureFresh()
  const response = await fetch(`${baseUrl}${EXPORTS}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${tokens.current()}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal,
    cache: 'no-store',
  })
  if (!response.ok || !response.body)
    throw new RequestError(response.status, await response.json().catch(() => undefined))
  let rest = ''
  let ended = false
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) break
    const lines = (rest + value).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (line === '') continue
      const one: unknown = JSON.parse(line)
      if (typeof one === 'object' && one !== null && 'end' in one) ended = true
      else yield one
    }
  }
  if (!ended) throw new TypeError('The answer ended early.')
}

export const fetchServerKeys = async (
  request: AuthedRequest,
  grant: string,
  servers: readonly string[],
): Promise<ServersFile> =>
  serversFileSchema.parse(await request('POST', `${EXPORTS}/server-keys`, { grant, servers }))

export const signManifest = async (
  request: AuthedRequest,
  grant: string,
  manifestSha256: string,
): Promise<Statement> =>
  statementSchema.parse(await request('POST', `${EXPORTS}/sign`, { grant, manifest_sha256: manifestSha256 }))

const receiptsSchema = z.object({
  events: z.record(z.string(), z.object({ on_device: z.number(), read: z.number() })).default({}),
})

/** How many people have what this node sent on a device, and how many have read it; by event. */
export async function fetchReceipts(
  request: AuthedRequest,
  roomId: string,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, { on_device: number; read: number }>> {
  const path = `${ENLACE}/rooms/${encodeURIComponent(roomId)}/delivery`
  const asked = eventIds.slice(0, 50).map(encodeURIComponent).join()
  const answer = receiptsSchema.safeParse(await request('GET', `${path}?events=${asked}`).catch(() => ({})))
  return new Map(answer.success ? Object.entries(answer.data.events) : [])
}
