import {
  answers,
  type CaseContent,
  type CaseKind,
  caseEventType,
  deadlinesFor,
  defaultPriority,
  expectedArrival,
  initialValues,
  isMinor,
  prefixOf,
  type TargetSources,
} from '@enlace/coordination'
import { sendingBackoff } from '../../lib/backoff.ts'
import { type Failure, failureOf, isTemporary } from '../../lib/failure.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import { type CaseDraft, draftSchema } from './records.ts'
import type { CaseDrafts, Cases } from './types.ts'

export interface DraftsArgs {
  database: OwnDatabase
  cases: Pick<Cases, 'actor' | 'api' | 'send' | 'institutions' | 'known'>
  targets(roomId: string, institution: string): TargetSources
  userId: string
  now?: () => number
}

export async function createCaseDrafts(args: DraftsArgs): Promise<CaseDrafts> {
  const { database, cases } = args
  const now = args.now ?? Date.now
  const stored = (await database.all('case_drafts').catch(() => [])).flatMap((value) => {
    const parsed = draftSchema.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
  const all = createStore<readonly CaseDraft[]>(stored.sort((a, b) => b.updatedAt - a.updatedAt))
  const unsaved = new Set<string>()
  const busy = new Map<string, Promise<'sent' | 'waiting' | 'failed'>>()
  let writing: Promise<void> | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  const backoff = sendingBackoff()
  /** Those a person sends although this device has no room for them. */
  const unkept = new Set<string>()
  let closed = false

  const find = (id: string) => all.get().find((draft) => draft.id === id)
  const set = (id: string, fields: Partial<CaseDraft>) =>
    all.update((drafts) => drafts.map((draft) => (draft.id === id ? { ...draft, ...fields } : draft)))
  async function save(id: string): Promise<void> {
    unsaved.delete(id)
    const draft = find(id)
    if (draft) await database.put('case_drafts', id, draftSchema.parse(draft))
  }
  /** Typing is written at once; what is typed while a write is under way goes with the next one. */
  function flush(): Promise<void> {
    writing ??= (async () => {
      // What is added to the set meanwhile is visited too.
      for (const id of unsaved) await save(id)
    })().finally(() => {
      writing = undefined
    })
    return writing
  }
  /** On disk before anything leaves the device. */
  async function advance(id: string, fields: Partial<CaseDraft>): Promise<CaseDraft> {
    set(id, fields)
    await save(id).catch((error: unknown) => {
      if (!unkept.has(id)) throw error
    })
    return find(id)!
  }

  async function attempt(id: string): Promise<'sent' | 'waiting' | 'failed'> {
    try {
      let draft = await advance(id, { sending: true, failure: undefined })
      const { kind } = draft
      if (!kind) throw new Error('A case without a kind cannot be sent.')
      if (draft.reference && !draft.reference.startsWith(`${prefixOf(kind)}-`))
        draft = await advance(id, { reference: undefined })
      const known = draft.eventId ?? existing(draft)
      if (known) draft = await advance(id, { eventId: known })
      if (!draft.reference)
        draft = await advance(id, { reference: await cases.api.reserve(kind, draft.roomId) })
      if (!draft.eventId) {
        const content = contentOf(draft, kind)
        draft = await advance(id, {
          eventId: await cases.send.envelope(draft.roomId, caseEventType, content, `c${draft.id}`),
        })
      }
      await cases.send.details(
        draft.roomId,
        draft.eventId!,
        {
          kind,
          values: answers(kind, draft.values),
          ...(draft.about ? { about: draft.about } : {}),
        },
        `d${draft.id}`,
      )
      await forget(id)
      backoff.reset()
      return 'sent'
    } catch (error) {
      const failure = failureOf(error)
      const again = isTemporary(failure)
      // A reference that is no longer valid is replaced. Every other refusal is for a person to look at.
      const stale = failure.kind === 'refused' && failure.rule === 'case.reference'
      await advance(id, {
        sending: again,
        failure,
        ...(stale && !find(id)?.eventId ? { reference: undefined } : {}),
      }).catch(() => undefined)
      if (!again) return 'failed'
      later(failure)
      return 'waiting'
    }
  }

  /** The case of this draft, where the answer to sending it was lost but the case itself came by sync. */
  function existing(draft: CaseDraft): string | undefined {
    if (!draft.reference) return undefined
    for (const state of cases.known.get().values())
      if (state.reference === draft.reference && state.openedBy === args.userId) return state.id
    return undefined
  }

  function contentOf(draft: CaseDraft, kind: CaseKind): CaseContent {
    const by = cases.actor()
    const [responsible] = draft.institutions
    const arrival = expectedArrival(kind, draft.values)
    if (!by || !responsible || (kind === 'return_notice' && arrival === undefined))
      throw new Error('The draft is not complete.')
    const priority = draft.priority ?? defaultPriority(kind, isMinor(kind, draft.values, now()))
    const country =
      cases.institutions.get().get(responsible)?.country ?? responsible.slice(0, 2).toUpperCase()
    return {
      reference: draft.reference!,
      kind,
      priority,
      requesting: by.institution,
      responsible,
      ...(kind === 'return_notice' ? { receiving: draft.institutions } : {}),
      ...deadlinesFor(
        { kind, priority, country, ...(arrival === undefined ? {} : { expectedArrival: arrival }) },
        now(),
        args.targets(draft.roomId, responsible),
      ),
      ...(draft.links.length > 0 ? { links: draft.links } : {}),
      by,
    }
  }

  function run(id: string): Promise<'sent' | 'waiting' | 'failed'> {
    const under = busy.get(id)
    if (under) return under
    const made = attempt(id).finally(() => busy.delete(id))
    busy.set(id, made)
    return made
  }

  function later(failure: Failure): void {
    if (retryTimer !== undefined || closed) return
    retryTimer = setTimeout(wake, backoff.next(failure))
  }

  function wake(): void {
    clearTimeout(retryTimer)
    retryTimer = undefined
    if (closed) return
    for (const draft of all.get()) if (draft.sending) void run(draft.id)
  }

  async function forget(id: string): Promise<void> {
    unsaved.delete(id)
    await database.remove('case_drafts', [id])
    all.update((drafts) => drafts.filter((draft) => draft.id !== id))
  }

  return {
    all,
    async create(roomId, about, start) {
      const draft: CaseDraft = {
        id: crypto.randomUUID(),
        roomId,
        updatedAt: now(),
        institutions: [],
        values: { ...(start?.kind ? initialValues(start.kind, now()) : {}), ...start?.values },
        links: [],
        ...(start?.kind ? { kind: start.kind } : {}),
        ...(start && Object.keys(start.values).length > 0 ? { fromMessage: Object.keys(start.values) } : {}),
        ...(about ? { about } : {}),
      }
      all.update((drafts) => [draft, ...drafts])
      // A full device is told on the page, where it can still be filled in and sent.
      await save(draft.id).catch((error: unknown) => set(draft.id, { failure: failureOf(error) }))
      return draft
    },
    change(id, fields) {
      const draft = find(id)
      // What is on its way is not changed under it.
      if (!draft || draft.sending || draft.eventId) return
      const values =
        fields.kind && fields.kind !== draft.kind
          ? { ...initialValues(fields.kind, now()), ...draft.values }
          : draft.values
      const changed = fields.values
      const fromMessage = draft.fromMessage?.filter(
        (key) => changed === undefined || changed[key] === draft.values[key],
      )
      set(id, {
        values,
        ...fields,
        ...(fromMessage ? { fromMessage } : {}),
        updatedAt: now(),
        failure: undefined,
      })
      unsaved.add(id)
      void flush().catch((error: unknown) => set(id, { failure: failureOf(error) }))
    },
    submit(id, withoutKeeping = false) {
      if (withoutKeeping) unkept.add(id)
      return run(id)
    },
    async discard(id) {
      await busy.get(id)?.catch(() => undefined)
      await forget(id)
    },
    wake,
    flush,
    close() {
      closed = true
      clearTimeout(retryTimer)
      return flush().catch(() => undefined)
    },
  }
}
