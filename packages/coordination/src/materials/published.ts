/**
 * A material as it becomes public: what coordinators of both countries approve, what their institutions sign, and what pages are
 * made from. One form from the first version on, so that nothing is added between approval and print.
 */
import { isLanguageTag } from '@enlace/directory/language'
import { z } from 'zod'
import { timestampSchema } from '../cases/case-events.ts'
import { institutionKeySchema } from '../members.ts'
import {
  type ApprovedFile,
  type ApprovedItem,
  type ApprovedKind,
  type Asks,
  approvedFault,
  type Fault,
  readApproved,
  standing,
} from '../publishing/approved.ts'
import { escapedWeight, markdownFaults, markdownWeight, readMarkdown } from './markdown.ts'
import { materialTopics, readingLevels } from './material-words.ts'

/** Bytes a material may take in a page: with style, script and what is around it the page stays below 100 kB. */
export const maxMaterialWeight = 48_000
/** The longest a material holds without being approved anew, in milliseconds: two years. */
export const maxValidityMs = 731 * 86_400_000

/** No sign that nobody sees: control characters, direction marks, tags; joiners stay, some scripts need them. */
const hidden = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((given) => !hidden.test(given), 'has signs that nobody sees')
    .refine((given) => given.trim() === given, 'begins or ends with a space')
const line = (max: number) => text(max).refine((given) => !given.includes('\n'), 'must be one line')

const markdown = (max: number) =>
  text(max).check(({ value, issues }) => {
    const read = readMarkdown(value)
    if (read.ok) return
    const { es, en } = markdownFaults[read.fault]
    issues.push({ code: 'custom', input: value, message: `${es} / ${en}` })
  })

/** A file of the network by its address and its content: whoever has it can check that it is the one that was approved. */
const media = (types: readonly [string, ...string[]], maxBytes: number) =>
  z.strictObject({
    mxc: z
      .string()
      .max(255)
      .regex(/^mxc:\/\/[A-Za-z0-9.:-]+\/[A-Za-z0-9_=-]+$/),
    /** SHA-256 of the bytes, hexadecimal */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    mimetype: z.enum(types),
    /** bytes */
    size: z.int().min(1).max(maxBytes),
  })

/** What phones send each other at most: WhatsApp takes 5 MB for a picture and 16 MB for audio. */
const picture = media(['image/jpeg', 'image/png', 'image/webp'], 5_000_000)
const audio = media(['audio/mpeg', 'audio/ogg', 'audio/mp4'], 16_000_000)

const blockSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), markdown: markdown(6_000) }),
  z.strictObject({
    kind: z.literal('notice'),
    tone: z.enum(['advice', 'warning']),
    markdown: markdown(1_500),
  }),
  /** `alt` says all that the picture says: pages show it where there is no picture */
  z.strictObject({ kind: z.literal('picture'), media: picture, alt: line(500) }),
  /** read aloud by a person; `transcript` is what is said */
  z.strictObject({
    kind: z.literal('audio'),
    media: audio,
    seconds: z.int().min(1).max(1_800),
    transcript: text(6_000),
  }),
])

export type MaterialBlock = z.output<typeof blockSchema>

/** A service or an institution of the directory that the material names, as it was when the material was approved. */
const nameSchema = z.strictObject({
  institution: institutionKeySchema,
  /** HSDS id; absent: the institution itself */
  service: z.uuid().optional(),
  /** SHA-256, hexadecimal, of `publicFingerprint` (`@enlace/directory/fingerprint`) */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
})
export type NamedRecord = z.output<typeof nameSchema>

const addressPart = z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
const languageSchema = z
  .string()
  .refine(isLanguageTag, 'must be a language of BCP 47, such as es, kek or ht')
  .refine(
    (tag) => isLanguageTag(tag) && Intl.getCanonicalLocales(tag)[0] === tag,
    'must be written as BCP 47 has it: es-HN, not ES_hn',
  )

export const materialContentSchema = z
  .strictObject({
    /** whose it is: in its name it is published */
    institution: institutionKeySchema,
    /** with institution and language the address, which is printed: it stays */
    slug: addressPart.max(60),
    language: languageSchema,
    /** counts up with every version */
    number: z.int().min(1).max(1_000_000),
    topic: z.enum(Object.keys(materialTopics) as [keyof typeof materialTopics]),
    level: z.enum(Object.keys(readingLevels) as [keyof typeof readingLevels]),
    /** absent: everywhere */
    place: z
      .strictObject({
        country: z.string().regex(/^[A-Z]{2}$/),
        department: line(80).optional(),
        municipality: line(80).optional(),
      })
      .optional(),
    title: line(120),
    summary: line(300),
    blocks: z.array(blockSchema).min(1).max(60),
    names: z
      .array(nameSchema)
      .max(20)
      .refine((names) => new Set(names.map(nameKey)).size === names.length, 'names a record twice'),
    valid_until: timestampSchema,
    /** where the public pages are reached, for the square code on paper: `https://` and a host */
    live_at: z
      .string()
      .max(120)
      .regex(/^https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+$/)
      .optional(),
  })
  .refine((content) => materialWeight(content.blocks) <= maxMaterialWeight, {
    message: `must not be heavier than ${maxMaterialWeight} bytes in a page: make two of it`,
    path: ['blocks'],
  })
export type MaterialContent = z.output<typeof materialContentSchema>

/** Of a record that a material names: which. */
export const nameKey = ({ institution, service }: Pick<NamedRecord, 'institution' | 'service'>) =>
  service === undefined ? institution : `${institution} ${service}`

/** Of a material: which, whatever the version. */
export const materialKey = ({
  institution,
  slug,
  language,
}: Pick<MaterialContent, 'institution' | 'slug' | 'language'>) => `${institution} ${slug} ${language}`

function materialWeight(blocks: readonly MaterialBlock[]): number {
  return blocks.reduce((sum, block) => {
    if (block.kind === 'picture') return sum + 200 + escapedWeight(block.alt)
    if (block.kind === 'audio') return sum + 300 + escapedWeight(block.transcript)
    const read = readMarkdown(block.markdown)
    return sum + 60 + (read.ok ? markdownWeight(read.blocks) : 0)
  }, 0)
}

/** Names whose record is another than the one that was approved, or is not there any more. */
export function changedNames(
  names: readonly NamedRecord[],
  /** of the record as it is now; undefined: not there */
  digestOf: (name: NamedRecord) => string | undefined,
): { name: NamedRecord; why: 'changed' | 'gone' }[] {
  return names.flatMap((name) => {
    const now = digestOf(name)
    if (now === name.digest) return []
    return [{ name, why: now === undefined ? ('gone' as const) : ('changed' as const) }]
  })
}

/** What an institution took back. Of another institution's: its own approval, of this version and those before. */
export interface WithdrawnMaterial {
  institution: string
  slug: string
  language: string
  number: number
}

/** One material in `materials.json`. */
export type MaterialItem = ApprovedItem<MaterialContent>

/** One institution's library as it signed it. */
export type Library = ApprovedFile<MaterialContent, WithdrawnMaterial>

/** Why a library's next edition is not taken. */
export type LibraryFault = Fault<'changed-record'>

/** What is asked about materials that were published. */
export interface Judging extends Asks {
  /** of the public records as they are now, hexadecimal; undefined: not there */
  digestOf(name: NamedRecord): string | undefined
}

/** Materials as a kind of what is published: every record that one names must be as it was when it was approved. */
export const materialKind: ApprovedKind<MaterialContent, WithdrawnMaterial, Judging, 'changed-record'> = {
  list: 'materials',
  schema: materialContentSchema,
  keyOf: materialKey,
  endOf: ({ valid_until }) => valid_until,
  maxValidityMs,
  refusal({ names }, { digestOf }) {
    const [changed] = changedNames(names, digestOf)
    return (
      changed && {
        reason: 'changed-record',
        detail: `${nameKey(changed.name)} of the directory is ${changed.why}. Review it anew.`,
      }
    )
  },
  stands: ({ names }, { digestOf }) => changedNames(names, digestOf).length === 0,
}

/** A library out of an institution's `materials.json`: `readApproved`. */
export function readLibrary<Item extends { material: unknown }>(
  file: { institution: string; materials: readonly Item[]; withdrawn: readonly WithdrawnMaterial[] },
  approvedBy: (item: Item) => readonly string[],
): { library: Library; faults: string[] } {
  const { file: library, faults } = readApproved(
    materialKind,
    { ...file, items: file.materials },
    ({ material }) => material,
    approvedBy,
  )
  return { library, faults }
}

/** What an institution may publish after what it published before: `approvedFault`. */
export const libraryFault = (
  before: Library | undefined,
  next: Library,
  asks: Judging,
): LibraryFault | undefined => approvedFault(materialKind, before, next, asks)

/** What anybody may see at this moment: `standing`. */
export const publicMaterials = (libraries: readonly Library[], asks: Judging): MaterialContent[] =>
  standing(materialKind, libraries, asks)
