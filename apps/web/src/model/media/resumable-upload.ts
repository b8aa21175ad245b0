/**
 * Bytes to the own node, going on where the network was cut: this node says how much it has (`docs/enlace-api.md` there). Any other
 * Matrix server takes the whole at once.
 */
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import { ENLACE } from '../../lib/request.ts'

const PATH = `${ENLACE}/media/uploads`
/** Each is answered, so that a proxy that collects requests does not lose more than this. */
const PART_BYTES = 1024 * 1024
/** Smaller is sent at once: it takes as long as asking. */
const WORTH_IT = 64 * 1024
/** Without a byte more, somebody else writes to the same address. */
const MOST_WRONG = 3

const stateSchema = z.object({
  upload_id: z.string(),
  content_uri: z.string().startsWith('mxc://'),
  offset: z.number().int().min(0),
  done: z.boolean(),
})
const wrongOffset = z.object({ 'org.enlace.offset': z.number().int().min(0) })

/** @param bytes absent: none. @throws RequestError, TypeError when it was cut, AbortError */
export type Ask = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: { json?: unknown; bytes?: Blob },
  onSent: (bytes: number) => void,
) => Promise<unknown>

export interface ResumeOptions {
  roomId: string
  onProgress(part: number): void
  /** as it was begun before; gone on with while the node knows it */
  begun?: string | undefined
  /** told before the first byte goes, so that it can be gone on with after a reload */
  onBegun?(upload: string): Promise<void>
}

/** @returns the address; undefined where the server does not know this, or it is not worth it */
export async function resumeUpload(
  ask: Ask,
  bytes: Blob,
  options: ResumeOptions,
): Promise<string | undefined> {
  if (bytes.size < WORTH_IT) return undefined
  let state = options.begun === undefined ? undefined : await stateOf(ask, options.begun)
  if (!state) {
    try {
      const json = { size: bytes.size, room_id: options.roomId }
      state = stateSchema.parse(await ask('POST', PATH, { json }, () => undefined))
    } catch (error) {
      if (error instanceof RequestError && (error.httpStatus === 404 || error.httpStatus === 405))
        return undefined
      throw error
    }
    await options.onBegun?.(state.upload_id)
  }
  let wrong = 0
  while (!state.done) {
    const { offset, upload_id } = state
    options.onProgress(offset / bytes.size)
    const path = `${PATH}/${encodeURIComponent(upload_id)}?offset=${offset}`
    try {
      state = stateSchema.parse(
        await ask('PUT', path, { bytes: bytes.slice(offset, offset + PART_BYTES) }, (sent) =>
          options.onProgress((offset + sent) / bytes.size),
        ),
      )
      wrong = 0
    } catch (error) {
      const said = error instanceof RequestError && error.httpStatus === 409 ? error.data : undefined
      const elsewhere = wrongOffset.safeParse(said)
      wrong += 1
      if (!elsewhere.success || wrong > MOST_WRONG) throw error
      state = { ...state, offset: elsewhere.data['org.enlace.offset'] }
    }
  }
  return state.content_uri
}

/** @returns undefined when the node knows it no more */
async function stateOf(ask: Ask, upload: string): Promise<z.output<typeof stateSchema> | undefined> {
  try {
    return stateSchema.parse(await ask('GET', `${PATH}/${encodeURIComponent(upload)}`, {}, () => undefined))
  } catch (error) {
    if (error instanceof RequestError && error.httpStatus === 404) return undefined
    throw error
  }
}

export const abandonUpload = (ask: Ask, upload: string): Promise<unknown> =>
  ask('DELETE', `${PATH}/${encodeURIComponent(upload)}`, {}, () => undefined)
