/** Signed minutes of a meeting as one JSON file, with what of the network's list is needed to say whose keys signed. */
import { fromBase64, institutionKeySchema, toBase64 } from '@enlace/trust/browser'
import { z } from 'zod'

const MINUTES_TYPE = 'enlace-minutes-file'

/** Bytes of the whole file. */
export const MAX_MINUTES_FILE = 32 * 1024 * 1024
const MAX_NETWORK_FILES = 1_000
/** Of the network's files the largest is 4 MiB (`@enlace/trust`); a third more in Base64. */
const MAX_NETWORK_TEXT = 6 * 1024 * 1024

const ts = z.int().min(0).max(8_640_000_000_000_000)

/** What a verifier asks of the minutes; all else in them is covered by the hash alone. */
export const minutesContentSchema = z.looseObject({
  version: z.literal(1),
  meeting: z.string().min(1).max(255),
  starts_ts: ts,
  institutions: z.array(institutionKeySchema).min(1).max(60),
  details: z.looseObject({ title: z.string().max(1_000), place: z.string().max(1_000) }).nullable(),
  paragraphs: z.array(z.unknown()),
  decisions: z.array(z.unknown()),
  commitments: z.array(z.unknown()),
})

export const minutesFileSchema = z.strictObject({
  _type: z.literal(MINUTES_TYPE),
  version: z.literal(1),
  /** when the page saved it, by its own clock: no signature covers this */
  saved_ts: ts,
  /** canonical JSON, exactly as it was signed */
  minutes: z.string().min(2).max(MAX_MINUTES_FILE),
  signatures: z
    .array(
      z.strictObject({
        institution: institutionKeySchema,
        /** of the minutes that were signed, unpadded URL-safe Base64 */
        sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
        /** absent: signed in Enlace by its coordination's account alone, which no file can prove */
        key: z
          .strictObject({
            keyid: z.string().regex(/^[0-9a-f]{64}$/),
            sig: z.string().regex(/^[0-9a-f]{128}$/),
          })
          .optional(),
      }),
    )
    .max(60)
    .refine(
      (all) => new Set(all.map((one) => one.institution)).size === all.length,
      'names an institution twice',
    ),
  /** by path below `/trust/`: Base64 */
  network: z
    .record(z.string().max(300), z.base64().max(MAX_NETWORK_TEXT))
    .refine(
      (files) => Object.keys(files).length <= MAX_NETWORK_FILES,
      `more than ${MAX_NETWORK_FILES} files`,
    ),
})
export type MinutesFile = z.output<typeof minutesFileSchema>

/** @param network of `collectNetwork`, for the institutions that signed */
export function minutesFileText(of: {
  minutes: string
  signatures: MinutesFile['signatures']
  network: ReadonlyMap<string, Uint8Array>
  savedTs: number
}): string {
  const file: MinutesFile = {
    _type: MINUTES_TYPE,
    version: 1,
    saved_ts: of.savedTs,
    minutes: of.minutes,
    signatures: of.signatures,
    network: Object.fromEntries([...of.network].map(([path, bytes]) => [path, toBase64(bytes)])),
  }
  return `${JSON.stringify(file, undefined, 1)}\n`
}

export const networkFilesOf = (file: MinutesFile): ReadonlyMap<string, Uint8Array> =>
  new Map(Object.entries(file.network).map(([path, text]) => [path, fromBase64(text)]))
