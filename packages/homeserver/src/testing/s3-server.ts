/** For tests: a small S3-compatible store that verifies every signature (SigV4) and can be made to fail. */
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export const S3_KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'un secreto de prueba' }
const REGION = 'ca-1'

export type S3Server = {
  endpoint: string
  region: string
  objects: Map<string, Buffer>
  /** Requests so far, refused ones too. */
  count: number
  /** Asked before each request is carried out; `reset` breaks the connection, a number is answered as status. */
  trouble: (request: { method: string; key: string; count: number }) => 'reset' | number | undefined
  close(): Promise<void>
}

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const etag = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)

/** Whether the request carries the right signature for what it is, body and all. */
function isSigned(req: IncomingMessage, body: Buffer): boolean {
  const header = String(req.headers.authorization)
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    )
  if (!match) return false
  const [, id, day, region, signed, signature] = match as unknown as string[]
  if (id !== S3_KEY.accessKeyId || region !== REGION || req.headers['x-amz-content-sha256'] !== sha256(body))
    return false
  const url = new URL(req.url!, 'http://x')
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const canonical = [
    req.method,
    url.pathname,
    query,
    ...signed!.split(';').map((name) => `${name}:${String(req.headers[name]).trim()}`),
    '',
    signed,
    sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', req.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = [region!, 's3', 'aws4_request'].reduce(
    (now, part) => hmac(now, part),
    hmac(`AWS4${S3_KEY.secretAccessKey}`, day!),
  )
  return hmac(key, text).toString('hex') === signature
}

export async function s3Server(bucket: string): Promise<S3Server> {
  const self: S3Server = {
    endpoint: '',
    region: REGION,
    objects: new Map(),
    count: 0,
    trouble: () => undefined,
    close: () => new Promise((done) => void server.close(() => done())),
  }
  const server = createServer(async (req, res) => {
    const url = new URL(req.url!, 'http://x')
    const key = decodeURIComponent(url.pathname.slice(bucket.length + 2))
    self.count += 1
    const trouble = self.trouble({ method: req.method!, key, count: self.count })
    if (trouble === 'reset') return req.socket.destroy()
    const body = await buffer(req)
    const answer = (status: number, text: string | Buffer = '', headers = {}) =>
      res.writeHead(status, headers).end(text)
    if (trouble !== undefined) return answer(trouble, '<Error><Code>SlowDown</Code></Error>')
    if (!isSigned(req, body)) return answer(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>')
    const there = self.objects.get(key)
    switch (req.method) {
      case 'PUT': {
        if (req.headers['if-none-match'] === '*' && there) return answer(412)
        const match = req.headers['if-match']
        if (match !== undefined && (!there || etag(there) !== match)) return answer(there ? 412 : 404)
        self.objects.set(key, body)
        return answer(200, '', { etag: etag(body) })
      }
      case 'DELETE':
        self.objects.delete(key)
        return answer(204)
      default: {
        if (url.searchParams.get('list-type') === '2') return answer(200, list(url.searchParams))
        return there
          ? answer(200, there, { etag: etag(there) })
          : answer(404, '<Error><Code>NoSuchKey</Code></Error>')
      }
    }
  })
  /** Three at a time, so that pages are gone through. */
  function list(query: URLSearchParams): string {
    const after = query.get('continuation-token') ?? ''
    const keys = [...self.objects.keys()]
      .filter((key) => key.startsWith(query.get('prefix')!) && key > after)
      .sort()
    const page = keys.slice(0, 3)
    const contents = page.map(
      (key) => `<Contents><Key>${key}</Key><Size>${self.objects.get(key)!.length}</Size></Contents>`,
    )
    const more = keys.length > page.length
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
    return `<ListBucketResult>${contents.join('')}<IsTruncated>${more}</IsTruncated>${next}</ListBucketResult>`
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  self.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return self
}
