/** A material while it is written: what stands in the form, kept on the device with every change. */
import {
  type MaterialContent,
  materialContentSchema,
  nameKey,
} from '@enlace/coordination/materials/published'
import { slug } from '@enlace/public-site/preview'
import { z } from 'zod'
import { onLeaving } from '../../lib/leaving.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'

const blockSchema = z.discriminatedUnion('kind', [
  z.object({ key: z.string(), kind: z.literal('text'), markdown: z.string() }),
  z.object({
    key: z.string(),
    kind: z.literal('notice'),
    tone: z.enum(['advice', 'warning']),
    markdown: z.string(),
  }),
  /** of the version it builds upon, as it stands there: a picture, an audio */
  z.object({ key: z.string(), kind: z.literal('kept'), block: z.record(z.string(), z.unknown()) }),
])
export type DraftBlock = z.output<typeof blockSchema>

const nameSchema = z.object({ institution: z.string(), service: z.string().optional() })
export type DraftName = z.output<typeof nameSchema>

const draftSchema = z.object({
  id: z.string(),
  /** the channel it is proposed in */
  roomId: z.string(),
  /** of another version: of which material, and what it builds upon */
  of: z.object({ id: z.string(), bases: z.array(z.string()), institution: z.string() }).optional(),
  /** of a text there is in another language already: its name, which all languages share */
  slug: z.string().optional(),
  savedAt: z.number(),
  title: z.string(),
  summary: z.string(),
  language: z.string(),
  topic: z.string(),
  level: z.string(),
  country: z.string(),
  department: z.string(),
  municipality: z.string(),
  blocks: z.array(blockSchema),
  names: z.array(nameSchema),
  /** YYYY-MM-DD */
  validUntil: z.string(),
  liveAt: z.string(),
})
export type MaterialDraft = z.output<typeof draftSchema>

export type DraftField =
  /** another material of the institution has it */
  | 'address'
  | 'title'
  | 'summary'
  | 'language'
  | 'topic'
  | 'level'
  | 'place'
  | 'blocks'
  | 'names'
  | 'validUntil'
  | 'liveAt'

export interface DraftFault {
  field: DraftField
  /** of the blocks: which */
  block?: number
  /** `Spanish / English`, of what the text may not have */
  says?: string
}

const fieldOf: Record<string, DraftField> = {
  slug: 'title',
  valid_until: 'validUntil',
  live_at: 'liveAt',
}

/** The end of a day by the border's clock, UTC-6; NaN: no day. */
export const endOfDay = (day: string): number =>
  /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T23:59:59-06:00`) : Number.NaN

const day = (at: number) => new Date(at - 6 * 3_600_000).toISOString().slice(0, 10)

/** Half a year: long enough to print, short enough to be looked at again. */
const OFFERED_MS = 183 * 86_400_000

export function newDraft(about: { roomId: string; liveAt: string; now: number }): MaterialDraft {
  return {
    id: crypto.randomUUID(),
    roomId: about.roomId,
    savedAt: about.now,
    title: '',
    summary: '',
    language: 'es',
    topic: 'rights',
    level: 'easy',
    country: '',
    department: '',
    municipality: '',
    blocks: [{ key: crypto.randomUUID(), kind: 'text', markdown: '' }],
    names: [],
    validUntil: day(about.now + OFFERED_MS),
    liveAt: about.liveAt,
  }
}

/** What another version begins with: all of the one before, and a new end. */
export function draftOf(
  content: MaterialContent,
  about: { roomId: string; now: number; liveAt: string },
): MaterialDraft {
  const until = content.valid_until > about.now ? day(content.valid_until) : day(about.now + OFFERED_MS)
  return {
    ...newDraft({ ...about, liveAt: content.live_at ?? about.liveAt }),
    title: content.title,
    summary: content.summary,
    language: content.language,
    topic: content.topic,
    level: content.level,
    country: content.place?.country ?? '',
    department: content.place?.department ?? '',
    municipality: content.place?.municipality ?? '',
    blocks: content.blocks.map((block): DraftBlock => {
      const key = crypto.randomUUID()
      if (block.kind === 'text') return { key, kind: 'text', markdown: block.markdown }
      if (block.kind === 'notice') return { key, kind: 'notice', tone: block.tone, markdown: block.markdown }
      return { key, kind: 'kept', block }
    }),
    names: content.names.map(({ institution, service }) => ({
      institution,
      ...(service === undefined ? {} : { service }),
    })),
    validUntil: until,
  }
}

/** Lines end as they should whatever was pasted. */
const tidy = (text: string) => text.replace(/\r\n?/g, '\n').trim()

/** Of a title in letters that have no place in an address: of the draft. */
function slugOf({ title, id }: MaterialDraft): string {
  const made = slug(title).slice(0, 60).replace(/-+$/, '')
  return made === slug('') ? `m-${id.slice(0, 8)}` : made
}

/** What the form comes to, whether or not it holds: for the preview. */
function assembled(
  draft: MaterialDraft,
  about: { institution: string; number: number; digestOf(name: DraftName): string | undefined },
) {
  const place = {
    country: draft.country,
    ...(tidy(draft.department) ? { department: tidy(draft.department) } : {}),
    ...(tidy(draft.municipality) ? { municipality: tidy(draft.municipality) } : {}),
  }
  return {
    institution: about.institution,
    slug: draft.slug ?? slugOf(draft),
    language: draft.language,
    number: about.number,
    topic: draft.topic,
    level: draft.level,
    ...(draft.country ? { place } : {}),
    title: tidy(draft.title),
    summary: tidy(draft.summary),
    blocks: draft.blocks.map((block) => {
      if (block.kind === 'kept') return block.block
      const markdown = tidy(block.markdown)
      return block.kind === 'text'
        ? { kind: 'text', markdown }
        : { kind: 'notice', tone: block.tone, markdown }
    }),
    names: draft.names.map((name) => ({ ...name, digest: about.digestOf(name) ?? '' })),
    valid_until: endOfDay(draft.validUntil),
    ...(tidy(draft.liveAt) ? { live_at: tidy(draft.liveAt).replace(/\/+$/, '') } : {}),
  }
}

/**
 * @param about.number of this version
 * @param about.digestOf of the public records as they are now; undefined: not there
 * @param about.now an end that is past is a fault
 * @param about.taken whether another material of the institution has this address
 */
export function contentOf(
  draft: MaterialDraft,
  about: Parameters<typeof assembled>[1] & {
    now: number
    taken(address: { slug: string; language: string }): boolean
  },
): { ok: true; content: MaterialContent } | { ok: false; faults: DraftFault[] } {
  const given = assembled(draft, about)
  const parsed = materialContentSchema.safeParse(given)
  const late = !(given.valid_until > about.now)
  const taken = parsed.success && about.taken(parsed.data)
  if (parsed.success && !late && !taken) return { ok: true, content: parsed.data }
  const faults: DraftFault[] = late ? [{ field: 'validUntil' }] : []
  if (taken) faults.push({ field: 'address' })
  for (const { path, message } of parsed.error?.issues ?? []) {
    const [first = 'blocks', at] = path
    const field = fieldOf[String(first)] ?? (String(first) as DraftField)
    const block = first === 'blocks' && typeof at === 'number' ? at : undefined
    if (faults.some((one) => one.field === field && one.block === block)) continue
    faults.push({
      field,
      ...(block === undefined ? {} : { block }),
      ...(message.includes(' / ') ? { says: message } : {}),
    })
  }
  return { ok: false, faults }
}

/** The nearest thing to a material that an unfinished form gives. */
export function previewOf(draft: MaterialDraft, about: Parameters<typeof assembled>[1]): MaterialContent {
  const given = assembled(draft, about)
  return {
    ...given,
    valid_until: Number.isNaN(given.valid_until) ? draft.savedAt : given.valid_until,
  } as MaterialContent
}

/** Of a record that is named: which, as one text. */
export const nameOf = ({ institution, service }: DraftName) =>
  nameKey({ institution, ...(service === undefined ? {} : { service }) })

const KEPT = 'material_drafts'
const MAX_DRAFTS = 50

export interface MaterialDrafts {
  readonly all: ReadableStore<readonly MaterialDraft[]>
  /** whether all of it is on disk */
  readonly kept: ReadableStore<boolean>
  load(): Promise<void>
  /** In memory at once, and on its way to the disk. */
  save(draft: MaterialDraft): void
  remove(id: string): void
  close(): void
}

export function createMaterialDrafts(
  database: Pick<OwnDatabase, 'get' | 'put'>,
  retryMs = 2_000,
): MaterialDrafts {
  const all = createStore<readonly MaterialDraft[]>([])
  const kept = createStore(true)
  let loaded = false
  let writing = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  /** One at a time, so that an older one is never written over a newer one. */
  async function write(): Promise<void> {
    if (!loaded || writing || kept.get()) return
    writing = true
    const written = all.get()
    const done = await database.put('facts', KEPT, written).then(
      () => true,
      () => false,
    )
    writing = false
    if (done && written === all.get()) return kept.set(true)
    clearTimeout(timer)
    // A device that is full is tried again; the banner of storage says so.
    if (done) return write()
    if (!closed) timer = setTimeout(() => void write(), retryMs)
  }
  /** Nobody waits any more for what is being written: the newest is put behind it, and the disk keeps their order. */
  function writeNow(): void {
    clearTimeout(timer)
    if (loaded && !kept.get()) void database.put('facts', KEPT, all.get()).catch(() => undefined)
  }
  const stopListening = onLeaving(writeNow)
  const change = (next: readonly MaterialDraft[]) => {
    all.set(next.slice(0, MAX_DRAFTS))
    kept.set(false)
    void write()
  }
  return {
    all,
    kept,
    async load() {
      const found = z.array(draftSchema).safeParse(await database.get('facts', KEPT).catch(() => undefined))
      const known = new Set(all.get().map(({ id }) => id))
      if (found.success) all.set([...all.get(), ...found.data.filter(({ id }) => !known.has(id))])
      loaded = true
      await write()
    },
    save: (draft) => change([draft, ...all.get().filter(({ id }) => id !== draft.id)]),
    remove: (id) => change(all.get().filter((one) => one.id !== id)),
    close() {
      closed = true
      stopListening()
      writeNow()
    },
  }
}
