import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import type { Tokens } from '../session/tokens.ts'

/** Attachments, encrypted on this device (client-server API, "Sending encrypted attachments"). */

/** As large as the node accepts. */
export const MAX_ATTACHMENT_BYTES = 50 * 1024 * 1024

export const encryptedFileSchema = z.object({
  url: z.string().startsWith('mxc://'),
  key: z.object({ k: z.string(), alg: z.literal('A256CTR'), kty: z.literal('oct') }).loose(),
  iv: z.string(),
  hashes: z.object({ sha256: z.string() }).loose(),
  v: z.literal('v2'),
})
export type EncryptedFile = z.output<typeof encryptedFileSchema>

type Sealed = { ciphertext: ArrayBuffer; file: Omit<EncryptedFile, 'url'> }

export async function seal(plain: ArrayBuffer): Promise<Sealed> {
  const key = await crypto.subtle.generateKey({ name: 'AES-CTR', length: 256 }, true, ['encrypt', 'decrypt'])
  // The counter's lower 64 bits start at zero, so that every implementation counts alike.
  const iv = new Uint8Array(16)
  crypto.getRandomValues(iv.subarray(0, 8))
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-CTR', counter: iv, length: 64 }, key, plain)
  const jwk = await crypto.subtle.exportKey('jwk', key)
  return {
    ciphertext,
    file: {
      v: 'v2',
      key: { ...jwk, alg: 'A256CTR', kty: 'oct', k: jwk.k!, key_ops: ['encrypt', 'decrypt'], ext: true },
      iv: toBase64(iv),
      hashes: { sha256: toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', ciphertext))) },
    },
  }
}

/** @throws Error when what the server gave is not what the sender sealed */
export async function open(ciphertext: ArrayBuffer, file: EncryptedFile): Promise<ArrayBuffer> {
  const hash = toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', ciphertext)))
  if (hash !== file.hashes.sha256.replace(/=+$/, '')) throw new Error('The attachment is damaged.')
  const key = await crypto.subtle.importKey(
    'jwk',
    { kty: 'oct', k: file.key.k, alg: 'A256CTR', ext: true },
    { name: 'AES-CTR' },
    false,
    ['decrypt'],
  )
  return crypto.subtle.decrypt({ name: 'AES-CTR', counter: fromBase64(file.iv), length: 64 }, key, ciphertext)
}

export interface Media {
  /** Encrypts and uploads. Progress is 0..1. @throws AbortError, RequestError, TypeError when offline */
  upload(
    plain: Blob,
    options: { signal: AbortSignal; onProgress(part: number): void },
  ): Promise<EncryptedFile>
  /** An object URL of the decrypted file; kept while it is among the last used. */
  url(file: EncryptedFile, type: string): Promise<string>
  close(): void
}

const KEPT_URLS = 60
const MAX_DOWNLOAD_BYTES = MAX_ATTACHMENT_BYTES + 1024

export function createMedia(baseUrl: string, send: typeof fetch, tokens: Tokens): Media {
  const urls = new Map<string, Promise<string>>()
  const release = (mxc: string) => {
    const url = urls.get(mxc)
    urls.delete(mxc)
    void url?.then(
      (value) => URL.revokeObjectURL(value),
      () => undefined,
    )
  }

  async function fetchFile(file: EncryptedFile, type: string): Promise<string> {
    const [server, id] = file.url.slice('mxc://'.length).split('/')
    if (!server || !id) throw new Error('The attachment has no address.')
    const path = `/_matrix/client/v1/media/download/${encodeURIComponent(server)}/${encodeURIComponent(id)}`
    const response = await send(`${baseUrl}${path}`, {
      headers: { Authorization: `Bearer ${tokens.current()}` },
    })
    if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
    if (Number(response.headers.get('Content-Length') ?? 0) > MAX_DOWNLOAD_BYTES)
      throw new RequestError(413, undefined)
    const plain = await open(await response.arrayBuffer(), file)
    return URL.createObjectURL(new Blob([plain], { type }))
  }

  return {
    async upload(plain, { signal, onProgress }) {
      const { ciphertext, file } = await seal(await plain.arrayBuffer())
      await tokens.ensureFresh()
      const put = () =>
        uploadBytes(`${baseUrl}/_matrix/media/v3/upload`, ciphertext, tokens.current(), signal, onProgress)
      let url: string
      const used = tokens.current()
      try {
        url = await put()
      } catch (error) {
        if (!(error instanceof RequestError && error.httpStatus === 401 && (await tokens.recover(used))))
          throw error
        url = await put()
      }
      return { ...file, url }
    },
    url(file, type) {
      const kept = urls.get(file.url)
      const promise = kept ?? fetchFile(file, type)
      urls.delete(file.url)
      urls.set(file.url, promise)
      if (!kept) {
        promise.catch(() => urls.get(file.url) === promise && urls.delete(file.url))
        const oldest = urls.keys().next().value
        if (urls.size > KEPT_URLS && oldest !== undefined) release(oldest)
      }
      return promise
    },
    close() {
      for (const mxc of [...urls.keys()]) release(mxc)
    },
  }
}

/** XMLHttpRequest, because fetch does not tell how much of an upload has left. */
function uploadBytes(
  url: string,
  bytes: ArrayBuffer,
  token: string,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    request.open('POST', url)
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onload = () => {
      let body: unknown
      try {
        body = JSON.parse(request.responseText)
      } catch {
        body = undefined
      }
      const answer = z.object({ content_uri: z.string().startsWith('mxc://') }).safeParse(body)
      if (request.status === 200 && answer.success) resolve(answer.data.content_uri)
      else reject(new RequestError(request.status, body))
    }
    request.onerror = () => reject(new TypeError('The upload was interrupted.'))
    request.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    request.send(bytes)
  })
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replace(/=+$/, '')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
