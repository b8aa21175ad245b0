/** What a message carries, from whatever a client made of it: checked, and named as it can be shown. */
import { z } from 'zod'
import { shownImageTypes } from '../../lib/picture-size.ts'
import { plainFileName } from '../../lib/plain-name.ts'
import { encryptedFileSchema } from '../timeline/encrypted-file.ts'
import type { OutgoingContent } from '../timeline/outgoing.ts'
import type { OutgoingFileBody } from '../timeline/types.ts'
import { PAGES_KEY } from './outgoing-file.ts'
import type { AttachmentBody, FirstPage, Sound } from './types.ts'

const count = z.number().int().positive()
const MOST_MS = 24 * 3_600_000
const duration = z.number().min(0).max(MOST_MS)

/** The fields of a message that are about a file. */
export const attachmentFields = {
  filename: z.string().optional().catch(undefined),
  file: encryptedFileSchema.optional().catch(undefined),
  info: z
    .looseObject({
      mimetype: z.string().optional().catch(undefined),
      size: count.optional().catch(undefined),
      w: count.max(20_000).optional().catch(undefined),
      h: count.max(20_000).optional().catch(undefined),
      duration: duration.optional().catch(undefined),
      [PAGES_KEY]: count.max(100_000).optional().catch(undefined),
      thumbnail_file: encryptedFileSchema.optional().catch(undefined),
      thumbnail_info: z
        .looseObject({
          mimetype: z.string().optional(),
          size: count.optional().catch(undefined),
          w: count.max(20_000).optional().catch(undefined),
          h: count.max(20_000).optional().catch(undefined),
        })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  'org.matrix.msc1767.audio': z
    .looseObject({
      duration: duration.optional().catch(undefined),
      waveform: z.array(z.number().min(0)).max(1_024).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  'org.matrix.msc3245.voice': z.unknown().optional(),
}
const fields = z.object(attachmentFields)
type Carrying = z.output<typeof fields> & { msgtype: string; body: string }

/** What browsers play; never by a type that could be anything else. */
const PLAYED = /^audio\/(?:ogg|webm|mp4|aac|mpeg|wav|x-wav|flac|x-m4a|3gpp|opus)$/

const SEEN = /^video\/(?:mp4|webm|ogg|quicktime|3gpp)$/

/** @returns undefined when there is no file that this device could open */
export function attachmentBody(content: Carrying): AttachmentBody | undefined {
  const { msgtype, body, file, info } = content
  if (!file) return undefined
  const name = plainFileName(content.filename ?? body)
  const caption = content.filename !== undefined && body !== content.filename ? body.trim() : ''
  const mimetype = info?.mimetype?.split(';')[0]?.trim().toLowerCase()
  const common = { name, file, ...(caption ? { caption } : {}), ...(info?.size ? { size: info.size } : {}) }
  const thumbnailType = info?.thumbnail_info?.mimetype
  const small = thumbnailType && shownImageTypes.has(thumbnailType) ? info.thumbnail_file : undefined
  const thumbnailSize = info?.thumbnail_info?.size
  const thumbnail = small
    ? { thumbnail: small, thumbnailType: thumbnailType!, ...(thumbnailSize ? { thumbnailSize } : {}) }
    : {}
  const shape = { width: info?.w ?? 320, height: info?.h ?? 240 }
  if (msgtype === 'm.image' && mimetype && shownImageTypes.has(mimetype))
    return { ...common, type: 'image', mimetype, ...shape, ...thumbnail }
  if (msgtype === 'm.video' && mimetype && SEEN.test(mimetype))
    return { ...common, type: 'video', mimetype, ...shape, ...thumbnail, durationMs: info?.duration ?? 0 }
  if (msgtype === 'm.audio' && mimetype && PLAYED.test(mimetype))
    return { ...common, type: 'voice', mimetype, ...soundOf(content) }
  const pages = info?.[PAGES_KEY]
  const firstPage = msgtype === 'm.file' ? firstPageOf(info) : undefined
  return {
    ...common,
    type: 'file',
    ...(mimetype ? { mimetype } : {}),
    ...(pages === undefined ? {} : { pages }),
    ...(firstPage ? { firstPage } : {}),
  }
}

function firstPageOf(info: Carrying['info']): FirstPage | undefined {
  const { mimetype: type, size, w, h } = info?.thumbnail_info ?? {}
  if (!info?.thumbnail_file || !type || !shownImageTypes.has(type)) return undefined
  return { file: info.thumbnail_file, type, ...(size ? { size } : {}), width: w ?? 340, height: h ?? 480 }
}

function soundOf(content: Carrying): Sound {
  const audio = content['org.matrix.msc1767.audio']
  return {
    spoken: content['org.matrix.msc3245.voice'] !== undefined,
    durationMs: audio?.duration ?? content.info?.duration ?? 0,
    waveform: audio?.waveform ?? [],
  }
}

/** The same of what is on its way, whose file is not on the server yet. */
export function outgoingBody(content: OutgoingContent): OutgoingFileBody {
  const parsed = fields.safeParse(content)
  const about: Carrying = {
    ...(parsed.success ? parsed.data : {}),
    msgtype: content.msgtype,
    body: content.body,
  }
  const name = plainFileName(about.filename ?? content.body)
  const caption = about.filename !== undefined && content.body !== about.filename ? content.body : undefined
  const kind = content.msgtype === 'm.image' ? 'image' : content.msgtype === 'm.audio' ? 'voice' : 'file'
  return {
    type: 'outgoing_file',
    kind,
    name,
    ...(caption ? { caption } : {}),
    ...(kind === 'voice' ? { sound: soundOf(about) } : {}),
  }
}
