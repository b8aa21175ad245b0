import { z } from 'zod'
import { sendingBackoff } from '../../lib/backoff.ts'
import { RequestError } from '../../lib/failure.ts'
import { createRecent } from '../../lib/recent.ts'
import { ENLACE } from '../../lib/request.ts'
import { type Ask, abandonUpload, type ResumeOptions, resumeUpload } from '../media/resumable-upload.ts'
import type { Tokens } from '../session/types.ts'
import { type EncryptedFile, open } from './encrypted-file.ts'
import { mediaIn } from './media-addresses.ts'
import type { Media } from './types.ts'

/** Attachments, encrypted on this device (client-server API, "Sending encrypted attachments"). */

/** As large as the node accepts. */
export const MAX_ATTACHMENT_BYTES = 50 * 1024 * 1024

/** Decrypted files at hand: sixty small pictures, or few clips and documents. */
const KEPT_URLS = { count: 60, bytes: 48 * 1024 * 1024 }
/** How often the node is told which message carries a file; with the pauses between, most of an hour. */
const TELLS = 30
const MAX_DOWNLOAD_BYTES = MAX_ATTACHMENT_BYTES + 1024

export function createMedia(baseUrl: string, send: typeof fetch, tokens: Tokens): Media {
  const urls = createRecent<Promise<string>>(KEPT_URLS, (url) => {
    void url.then(
      (value) => URL.revokeObjectURL(value),
      () => undefined,
    )
  })
  let closed = false

  async function fetchPlain(file: EncryptedFile): Promise<ArrayBuffer> {
    const [server, id] = file.url.slice('mxc://'.length).split('/')
    if (!server || !id) throw new Error('The attachment has no address.')
    const path = `/_matrix/client/v1/media/download/${encodeURIComponent(server)}/${encodeURIComponent(id)}`
    const response = await send(`${baseUrl}${path}`, {
      headers: { Authorization: `Bearer ${tokens.current()}` },
    })
    if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
    if (Number(response.headers.get('Content-Length') ?? 0) > MAX_DOWNLOAD_BYTES)
      throw new RequestError(413, undefined)
    return open(await response.arrayBuffer(), file)
  }

  async function tell(id: string, eventId: string): Promise<void> {
    const backoff = sendingBackoff()
    for (let tried = 0; tried < TELLS && !closed; tried++) {
      try {
        await tokens.ensureFresh()
        const response = await send(`${baseUrl}${ENLACE}/media/${encodeURIComponent(id)}/event`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${tokens.current()}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ event_id: eventId }),
        })
        // Any other Matrix server knows nothing of it.
        if (response.ok || (response.status < 500 && response.status !== 429 && response.status !== 401))
          return
      } catch {
        // No network: again in a moment.
      }
      await new Promise((done) => setTimeout(done, backoff.next()))
    }
  }

  /** With the token of the moment, renewed once where the server does not know it any more. */
  async function asked<T>(once: (token: string) => Promise<T>): Promise<T> {
    await tokens.ensureFresh()
    const used = tokens.current()
    try {
      return await once(used)
    } catch (error) {
      if (!(error instanceof RequestError && error.httpStatus === 401 && (await tokens.recover(used))))
        throw error
      return once(tokens.current())
    }
  }

  /** All at once, to members of the room and nobody else. */
  async function put(
    roomId: string,
    bytes: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
    onProgress: (part: number) => void,
  ): Promise<string> {
    const url = `${baseUrl}/_matrix/media/v3/upload?org.enlace.room_id=${encodeURIComponent(roomId)}`
    const size = bytes instanceof Blob ? bytes.size : bytes.byteLength
    const answer = await asked((token) =>
      sendBytes('POST', url, {
        bytes,
        token,
        signal,
        onSent: (sent) => onProgress(sent / Math.max(1, size)),
      }),
    )
    const parsed = z.object({ content_uri: z.string().startsWith('mxc://') }).safeParse(answer)
    if (!parsed.success) throw new RequestError(502, answer)
    return parsed.data.content_uri
  }

  const asking =
    (signal: AbortSignal): Ask =>
    (method, path, { json, bytes }, onSent) =>
      asked((token) =>
        sendBytes(method, `${baseUrl}${path}`, {
          bytes: bytes ?? (json === undefined ? undefined : JSON.stringify(json)),
          token,
          signal,
          onSent,
        }),
      )

  async function sendSealed(bytes: Blob, options: ResumeOptions & { signal: AbortSignal }): Promise<string> {
    const { roomId, signal, onProgress } = options
    const url = await resumeUpload(asking(signal), bytes, options)
    return url ?? put(roomId, bytes, signal, onProgress)
  }

  return {
    uploadSealed: (roomId, bytes) => put(roomId, bytes, new AbortController().signal, () => undefined),
    sendSealed,
    abandon(upload) {
      void abandonUpload(asking(new AbortController().signal), upload).catch(() => undefined)
    },
    carriedBy(eventId, content) {
      for (const url of mediaIn(content)) void tell(url.slice(url.lastIndexOf('/') + 1), eventId)
    },
    async plain(file) {
      await tokens.ensureFresh()
      return fetchPlain(file)
    },
    url(file, type) {
      const kept = urls.get(file.url)
      if (kept) return kept
      const made = fetchPlain(file).then((bytes) => {
        const url = URL.createObjectURL(new Blob([bytes], { type }))
        if (urls.get(file.url) === made) urls.put(file.url, made, bytes.byteLength)
        return url
      })
      urls.put(file.url, made, 0)
      made.catch(() => urls.remove(file.url, made))
      return made
    },
    release: urls.clear,
    close() {
      closed = true
      urls.clear()
    },
  }
}

/** XMLHttpRequest, because fetch does not report the progress of an upload. */
function sendBytes(
  method: string,
  url: string,
  options: {
    bytes: Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string | undefined
    token: string
    signal: AbortSignal
    onSent(bytes: number): void
  },
): Promise<unknown> {
  const { bytes, token, signal } = options
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    request.open(method, url)
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    if (bytes !== undefined)
      request.setRequestHeader(
        'Content-Type',
        typeof bytes === 'string' ? 'application/json' : 'application/octet-stream',
      )
    request.upload.onprogress = (event) => options.onSent(event.loaded)
    request.onload = () => {
      let body: unknown
      try {
        body = JSON.parse(request.responseText)
      } catch {
        body = undefined
      }
      if (request.status === 200) resolve(body)
      else reject(new RequestError(request.status, body))
    }
    request.onerror = () => reject(new TypeError('The upload was interrupted.'))
    request.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) return reject(new DOMException('The upload was cancelled.', 'AbortError'))
    signal.addEventListener('abort', abort)
    request.send(bytes ?? null)
  })
}
