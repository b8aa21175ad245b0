/**
 * Backups in an S3-compatible store. No object is larger than a pack (17 MiB and some KiB), so each is one PUT whose hash is signed with
 * it: retried as a whole, and never half there. Writing under conditions is If-None-Match and If-Match.
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import { backoffMs } from '../lib/backoff.ts'
import type { BackupPlace, BackupStore } from './types.ts'

const ATTEMPTS = 6
const ATTEMPT_MS = 120_000
const MAX_OBJECT = 64 * 1024 * 1024

export type S3Options = { firstWaitMs?: number }
type Answer = { status: number; headers: Headers; bytes: Uint8Array }

export function openS3Store(
  place: Extract<BackupPlace, { kind: 's3' }>,
  options: S3Options = {},
): BackupStore {
  const client = new AwsClient({
    accessKeyId: place.accessKeyId,
    secretAccessKey: place.secretAccessKey,
    service: 's3',
    region: place.region,
    // Attempts are counted here, where the reason is kept.
    retries: 0,
  })
  const prefix = place.prefix.replace(/^\/+|\/+$/g, '')
  const bucket = `${place.endpoint.replace(/\/+$/, '')}/${encodeURIComponent(place.bucket)}`
  const keyOf = (name: string) => (prefix === '' ? name : `${prefix}/${name}`)
  const urlOf = (name: string) => `${bucket}/${keyOf(name).split('/').map(encodeURIComponent).join('/')}`

  async function once(
    method: string,
    url: string,
    bytes: Uint8Array | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const body = bytes === undefined ? undefined : Buffer.from(bytes)
    const answer = await client.fetch(url, {
      method,
      headers: {
        ...headers,
        'x-amz-content-sha256': createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      },
      ...(body ? { body } : {}),
      signal: AbortSignal.timeout(ATTEMPT_MS),
    })
    const length = Number(answer.headers.get('content-length') ?? 0)
    if (length > MAX_OBJECT) throw new Error(`${url}: ${length} bytes are too many`)
    return {
      status: answer.status,
      headers: answer.headers,
      bytes: new Uint8Array(await answer.arrayBuffer()),
    }
  }

  /** Tries again what may pass: no connection, broken off, 408, 429, 5xx. @throws Error saying what the store answered */
  async function ask(
    method: string,
    url: string,
    {
      bytes,
      headers = {},
      fine = [],
    }: { bytes?: Uint8Array; headers?: Record<string, string>; fine?: number[] } = {},
  ): Promise<Answer> {
    let reason = ''
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        const answer = await once(method, url, bytes, headers)
        if (answer.status < 300 || fine.includes(answer.status)) return answer
        reason = `${answer.status} ${codeIn(answer.bytes)}`
        if (answer.status !== 408 && answer.status !== 429 && answer.status < 500) break
      } catch (error) {
        reason = reasonOf(error)
      }
      const firstMs = options.firstWaitMs ?? 500
      if (attempt < ATTEMPTS) await wait(backoffMs({ firstMs, longestMs: 60 * firstMs }, attempt))
    }
    throw new Error(
      `El almacén de respaldos ${place.endpoint} no hizo lo pedido (${method}): ${reason} / The backup store at ${place.endpoint} did not do as asked (${method}): ${reason}`,
    )
  }

  return {
    place: `${place.endpoint}/${place.bucket}/${prefix}`,
    put: async (name, bytes) => void (await ask('PUT', urlOf(name), { bytes })),
    async create(name, bytes) {
      const headers = { 'if-none-match': '*' }
      const { status } = await ask('PUT', urlOf(name), { bytes, headers, fine: [409, 412] })
      if (status < 300) return true
      // An attempt whose answer was lost may have made it.
      const there = await ask('GET', urlOf(name), { fine: [404] })
      return there.status === 200 && Buffer.compare(there.bytes, bytes) === 0
    },
    async replace(name, bytes, tag) {
      const { status } = await ask('PUT', urlOf(name), {
        bytes,
        headers: { 'if-match': tag },
        fine: [404, 409, 412],
      })
      if (status < 300) return true
      const there = await ask('GET', urlOf(name), { fine: [404] })
      return there.status === 200 && Buffer.compare(there.bytes, bytes) === 0
    },
    async get(name) {
      const { status, bytes, headers } = await ask('GET', urlOf(name), { fine: [404] })
      return status === 404 ? undefined : { bytes, tag: headers.get('etag') ?? '' }
    },
    async *list(folder) {
      let after: string | undefined
      do {
        const query = new URLSearchParams({
          'list-type': '2',
          prefix: `${keyOf(folder)}/`,
          ...(after === undefined ? {} : { 'continuation-token': after }),
        })
        const { bytes } = await ask('GET', `${bucket}?${query}`)
        const text = Buffer.from(bytes).toString('utf8')
        for (const [, one = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
          const key = fieldOf(one, 'Key')
          if (key === undefined) continue
          const name = prefix === '' ? key : key.slice(prefix.length + 1)
          yield { name, size: Number(fieldOf(one, 'Size')) }
        }
        after = fieldOf(text, 'IsTruncated') === 'true' ? fieldOf(text, 'NextContinuationToken') : undefined
      } while (after !== undefined)
    },
    remove: async (name) => void (await ask('DELETE', urlOf(name), { fine: [404] })),
  }
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** Text of the first element of that name: the store's lists are flat, and its keys are ours. */
function fieldOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1]
  return found?.replace(/&(amp|lt|gt|quot|apos);/g, (_all, entity: string) => ENTITIES[entity]!)
}

const codeIn = (bytes: Uint8Array) => fieldOf(Buffer.from(bytes).toString('utf8'), 'Code') ?? ''

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
