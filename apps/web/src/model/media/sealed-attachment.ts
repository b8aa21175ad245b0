/**
 * A file as it leaves: made smaller where that loses nothing, encrypted once, and kept like that until it is sent, so that an upload
 * that was cut goes on with the same bytes.
 */
import { z } from 'zod'
import type { EncryptedFile, Sealed } from '../timeline/encrypted-file.ts'
import { encryptedFileSchema, seal } from '../timeline/encrypted-file.ts'
import type { OutgoingContent } from '../timeline/outgoing.ts'

type Poster = { blob: Blob; width: number; height: number }

const partSchema = z.object({ bytes: z.instanceof(Blob), file: encryptedFileSchema.omit({ url: true }) })
export const sealedSchema = z.object({
  /** fields of the message that say what it is */
  fields: z.record(z.string(), z.unknown()),
  info: z.record(z.string(), z.unknown()),
  main: partSchema,
  thumbnail: partSchema.extend({ info: z.record(z.string(), z.unknown()) }).optional(),
})
export type SealedAttachment = z.output<typeof sealedSchema>

export async function sealAttachment(
  { blob, type, poster }: { blob: Blob; type: string; poster?: Poster | undefined },
  content: OutgoingContent,
): Promise<SealedAttachment> {
  const isImage = content.msgtype === 'm.image'
  const photo = isImage
    ? await (await import('../timeline/photos.ts')).preparePhoto(new Blob([blob], { type }))
    : undefined
  const body = photo?.blob ?? blob
  const thumbnail = photo?.thumbnail ?? poster
  return {
    // What cannot be read as a picture goes as a file.
    fields: isImage && !photo ? { msgtype: 'm.file' } : {},
    info: {
      size: body.size,
      mimetype: photo ? photo.blob.type : type,
      ...(photo ? { w: photo.width, h: photo.height } : {}),
    },
    main: partOf(await seal(await body.arrayBuffer())),
    ...(thumbnail
      ? {
          thumbnail: {
            ...partOf(await seal(await thumbnail.blob.arrayBuffer())),
            info: {
              mimetype: thumbnail.blob.type,
              size: thumbnail.blob.size,
              w: thumbnail.width,
              h: thumbnail.height,
            },
          },
        }
      : {}),
  }
}

/** The endings of pictures that leave as JPEG. */
const NOT_JPEG = /\.(?:heic|heif|avif|webp|bmp|tiff?)$/i

const partOf = ({ ciphertext, file }: Sealed) => ({ bytes: new Blob([ciphertext]), file })

/** Brings both to the server, and the message that carries them. Progress is 0..1. @throws as `send` */
export async function sendAttachment(
  content: OutgoingContent,
  name: string,
  sealed: SealedAttachment,
  onProgress: (part: number) => void,
  send: (part: 'main' | 'thumbnail', bytes: Blob, onProgress: (part: number) => void) => Promise<string>,
): Promise<OutgoingContent> {
  const main = await send('main', sealed.main.bytes, (part) => onProgress(part * 0.95))
  const small = sealed.thumbnail
  const thumbnail = small && (await send('thumbnail', small.bytes, () => undefined))
  return contentWith(content, name, sealed, { main, thumbnail })
}

/** The message, once both are on the server. */
function contentWith(
  content: OutgoingContent,
  name: string,
  { fields, info, main, thumbnail }: SealedAttachment,
  urls: { main: string; thumbnail?: string | undefined },
): OutgoingContent {
  const before = typeof content['info'] === 'object' && content['info'] !== null ? content['info'] : {}
  const small: EncryptedFile | undefined =
    thumbnail && urls.thumbnail ? { ...thumbnail.file, url: urls.thumbnail } : undefined
  const filename = info['mimetype'] === 'image/jpeg' ? name.replace(NOT_JPEG, '.jpg') : name
  return {
    ...content,
    ...fields,
    ...(content.body === name ? { body: filename } : {}),
    filename,
    file: { ...main.file, url: urls.main },
    info: {
      ...before,
      ...info,
      ...(small ? { thumbnail_file: small, thumbnail_info: thumbnail?.info } : {}),
    },
  }
}
