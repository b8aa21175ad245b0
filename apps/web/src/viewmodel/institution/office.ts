import {
  type InstitutionPublication,
  namedFile,
  newSalt,
  openKeyFile,
  openNames,
  type PublicKey,
  publicFileOf,
  type RosterContent,
  readableCode,
  readKeyFile,
  readRosterText,
  rosterId,
  rosterText,
  type SigningKey,
  sealKeyFile,
  signedAt,
  signInstitution,
  type VerifiedInstitution,
} from '@enlace/trust/browser'
import { z } from 'zod'
import { failureOf } from '../../lib/failure.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import type { Claimant } from '../../model/institution/institution-api.ts'
import type {
  InstitutionKeys,
  InstitutionReading,
  NetworkWatch,
  Publications,
} from '../../model/institution/types.ts'
import { applyChanges, changeKey, difference, type Names, rowsOf, withChange } from './roster-draft.ts'
import type {
  KeyState,
  OfficeModel,
  OfficeState,
  PublishOutcome,
  PublishStep,
  RosterChange,
} from './types.ts'

const SOON_MS = 30 * 86_400_000

const draftSchema = z.object({
  changes: z.array(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('set'),
        userId: z.string(),
        role: z.enum(['staff', 'coordinator', 'official']),
        until: z.number().optional(),
      }),
      z.object({ kind: z.literal('strike'), id: z.string(), userId: z.string().optional() }),
    ]),
  ),
  /** digest of the metadata it was made over */
  over: z.string().optional(),
})

export interface OfficeParts {
  institution: string
  watch: NetworkWatch
  keys: InstitutionKeys
  publications: Publications
  database: Pick<OwnDatabase, 'get' | 'put'>
  /** people of whom the node says so; empty for institutions elsewhere */
  claimants(): Promise<readonly Claimant[]>
  dutyKey(): Promise<PublicKey | undefined>
  nameOf(userId: string): string | undefined
  /** the institution's name and country, for key files */
  about(): { name: string; country?: string }
  now?(): number
}

/** Who speaks for an institution: the roster as published, what was collected to change it, and one signature over all. */
export function createOffice(parts: OfficeParts): OfficeModel {
  const { institution, watch, keys, publications, database, now = Date.now } = parts
  const step = createStore<PublishStep | undefined>(undefined)
  let reading: InstitutionReading | undefined
  let roster: RosterContent | undefined
  let names: Names = {}
  let claimants: readonly Claimant[] = []
  let changes: RosterChange[] = []
  let over: string | undefined
  let nodeDutyKey: PublicKey | undefined
  let wantedDuty: boolean | undefined
  let merged: OfficeState['merged']
  let obstacle: OfficeState['obstacle']
  let loading = true
  let closed = false
  /** by salt and user id: each costs a tenth of a second, and stays the same */
  const ids = new Map<string, string>()
  let idsSalt: string | undefined

  const signedState = (): VerifiedInstitution | undefined =>
    reading?.kind === 'signed' ? reading.state : reading?.kind === 'fault' ? reading.lapsed : undefined
  const role = () => {
    const signed = signedState()
    if (signed) return { keyids: signed.role.keyids, threshold: signed.role.threshold }
    if (reading?.kind === 'silent') return { keyids: reading.keyids, threshold: reading.threshold }
    return { keyids: [], threshold: 1 }
  }

  function keyState(): KeyState {
    const key = keys.held.get().get(institution)
    const stored = keys.stored.get().has(institution)
    if (!key) return { kind: 'none', stored }
    const about = { keyid: key.keyid, code: readableCode(key.keyid), stored }
    return role().keyids.includes(key.keyid) ? { kind: 'good', ...about } : { kind: 'unnamed', ...about }
  }

  function snapshot(): OfficeState {
    const signed = signedState()
    const at = signed && signedAt(namedFile(signed, 'roster.json'))
    const pending = publications.pending.get().get(institution)
    return {
      institution,
      loading,
      ...(obstacle ? { obstacle } : {}),
      key: keyState(),
      ...role(),
      rows: rowsOf({
        members: roster?.members ?? [],
        names,
        claimants,
        ids,
        changes,
        nameOf: parts.nameOf,
        now: now(),
      }),
      ...(signed
        ? {
            published: {
              version: signed.metadata.content.version,
              expiresAt: signed.expiresAt,
              ...(at === undefined ? {} : { signedAt: at }),
            },
          }
        : {}),
      expiresSoon: signed !== undefined && signed.expiresAt - now() < SOON_MS,
      duty: {
        given: signed?.duty !== undefined,
        available: nodeDutyKey !== undefined,
        ...(wantedDuty === undefined ? {} : { wanted: wantedDuty }),
      },
      changes,
      ...(merged ? { merged } : {}),
      ...(pending ? { pending } : {}),
    }
  }
  const state = createStore<OfficeState>(snapshot())
  const show = () => {
    if (!closed) state.set(snapshot())
  }
  const stops = [
    publications.pending.subscribe(show),
    keys.held.subscribe(() => void openSeal().then(show)),
    keys.stored.subscribe(show),
  ]

  const draftName = `institution_draft:${institution}`
  const keepDraft = () =>
    database.put('facts', draftName, { changes, ...(over ? { over } : {}) }).catch(() => undefined)

  function change(next: RosterChange[]): void {
    changes = next
    over = signedState()?.metadata.digest
    void keepDraft()
    show()
  }

  async function openSeal(): Promise<void> {
    const key = keys.held.get().get(institution)
    names = (key && roster?.sealed && (await openNames(key, institution, roster.sealed))) || {}
  }

  /** Reads what is published now. @returns whether it could be read */
  async function read(): Promise<boolean> {
    const before = { roster, digest: signedState()?.metadata.digest }
    try {
      reading = await watch.institution(institution)
    } catch (error) {
      const failure = failureOf(error)
      obstacle = failure.kind === 'offline' ? { kind: 'offline' } : { kind: 'failed', failure }
      return false
    }
    obstacle = undefined
    if (reading.kind === 'absent') obstacle = { kind: 'absent' }
    if (reading.kind === 'fault') obstacle = { kind: 'fault', fault: reading.fault }
    const signed = signedState()
    if (!signed) {
      roster = undefined
      names = {}
      return reading.kind === 'no-key' || reading.kind === 'silent'
    }
    const text = await watch.text(signed, 'roster.json')
    if (typeof text === 'object') {
      obstacle = { kind: 'fault', fault: text }
      return false
    }
    roster = text === undefined ? undefined : readRosterText(text, institution)
    if (roster && roster.salt !== idsSalt) {
      ids.clear()
      idsSalt = roster.salt
    }
    await openSeal()
    const { digest } = signed.metadata
    if (changes.length > 0 && over !== undefined && over !== digest) {
      const said = difference(before.roster?.members ?? [], roster?.members ?? [])
      const name = (id: string) => names[id] ?? [...ids].find(([, one]) => one === id)?.[0] ?? id.slice(0, 8)
      merged =
        before.digest === over
          ? { added: said.added.map(name), gone: said.gone.map(name), changed: said.changed.map(name) }
          : { added: [], gone: [], changed: [] }
      over = digest
      void keepDraft()
    }
    return true
  }

  async function idOf(userId: string, salt: string): Promise<string> {
    const known = ids.get(userId) ?? Object.entries(names).find(([, one]) => one === userId)?.[0]
    const id = known ?? (await rosterId(salt, userId))
    ids.set(userId, id)
    return id
  }

  /** In the background: which claimants are on the roster, where the names are sealed under another key. */
  async function findClaimants(): Promise<void> {
    const salt = roster?.salt
    if (salt === undefined) return
    for (const { userId } of claimants) {
      if (closed || roster?.salt !== salt) return
      if (ids.has(userId) || Object.values(names).includes(userId)) continue
      await idOf(userId, salt)
      show()
    }
  }

  async function load(): Promise<void> {
    loading = true
    show()
    const kept = draftSchema.safeParse(await database.get('facts', draftName).catch(() => undefined))
    if (kept.success && changes.length === 0) {
      changes = kept.data.changes.map((one) =>
        one.kind === 'set'
          ? {
              kind: 'set',
              userId: one.userId,
              role: one.role,
              ...(one.until === undefined ? {} : { until: one.until }),
            }
          : { kind: 'strike', id: one.id, ...(one.userId === undefined ? {} : { userId: one.userId }) },
      )
      over = kept.data.over
    }
    const [said, dutyKey] = await Promise.all([
      parts.claimants().catch(() => []),
      parts.dutyKey().catch(() => undefined),
      read(),
    ])
    claimants = said
    nodeDutyKey = dutyKey
    loading = false
    show()
    void findClaimants()
  }

  /** These changes on top of what is published now, signed. @returns what stands in the way otherwise */
  async function signed(
    wanted: (idOf: (userId: string) => Promise<string>) => Promise<readonly RosterChange[]>,
  ): Promise<InstitutionPublication | PublishOutcome> {
    const key: SigningKey | undefined = keys.held.get().get(institution)
    if (!key) return 'no-key'
    try {
      step.set('checking')
      merged = undefined
      const readable = await read()
      show()
      if (!readable) return 'unread'
      if (merged !== undefined) return 'merged'
      step.set('signing')
      const salt = roster?.salt ?? idsSalt ?? newSalt()
      if (salt !== idsSalt) {
        ids.clear()
        idsSalt = salt
      }
      const changing = await wanted((userId) => idOf(userId, salt))
      for (const one of changing) if (one.kind === 'set') await idOf(one.userId, salt)
      const members = (roster?.members ?? []).map((member) => {
        const userId = names[member.id] ?? [...ids].find(([, id]) => id === member.id)?.[0]
        return userId === undefined ? member : { ...member, userId }
      })
      const next = applyChanges(members, changing, (userId) => ids.get(userId) ?? '', now())
      const duty =
        wantedDuty === undefined
          ? undefined
          : wantedDuty && nodeDutyKey
            ? { keys: [nodeDutyKey], threshold: 1 }
            : null
      return await signInstitution({
        institution,
        base: signedState(),
        change: {
          files: { 'roster.json': await rosterText({ institution, salt, members: next, key }) },
          ...(duty === undefined ? {} : { duty }),
        },
        keys: [key],
        now: now(),
      })
    } finally {
      step.set(undefined)
    }
  }

  async function publish(summary: readonly string[]): Promise<PublishOutcome> {
    const publication = await signed(async () => changes)
    if (typeof publication === 'string') return publication
    try {
      step.set('sending')
      const outcome = await publications.publish({ institution, publication, summary })
      // What waits is signed and kept apart: the draft is done, unless it was refused.
      if (outcome !== 'refused') {
        wantedDuty = undefined
        changes = []
        over = undefined
        await keepDraft()
      }
      if (outcome === 'taken') {
        await read()
        void findClaimants()
      }
      show()
      return outcome
    } finally {
      step.set(undefined)
    }
  }

  return {
    state,
    step,
    load,
    publish,
    signDeparture: ({ leaver, successor }) =>
      signed(async (idFor) => [
        { kind: 'strike', id: await idFor(leaver), userId: leaver },
        ...(successor === undefined
          ? []
          : [{ kind: 'set', userId: successor, role: 'coordinator' } as const]),
      ]),
    set: ({ userId, role: wanted, until }) =>
      change(
        withChange(changes, { kind: 'set', userId, role: wanted, ...(until === undefined ? {} : { until }) }),
      ),
    strike(row) {
      if (!row.id || !row.entry) return
      const about = row.userId === undefined ? {} : { userId: row.userId }
      change(withChange(changes, { kind: 'strike', id: row.id, ...about }))
    },
    undo: (key) => change(changes.filter((one) => changeKey(one) !== key)),
    undoAll() {
      wantedDuty = undefined
      merged = undefined
      change([])
    },
    setDuty(given) {
      wantedDuty = given === (signedState()?.duty !== undefined) ? undefined : given
      show()
    },
    async discardPending() {
      await publications.discard(institution)
      await load()
    },
    keys: {
      async create() {
        await keys.create(institution)
      },
      publicFile() {
        const key = keys.held.get().get(institution)
        return key && publicFileOf(key, parts.about())
      },
      readFile: readKeyFile,
      async importFile(file, passphrase, onProgress) {
        const opened = await openKeyFile(file, passphrase, onProgress)
        if (!opened.ok) return opened.reason
        await keys.keep(institution, opened.key)
        return 'ok'
      },
      async exportFile(passphrase, onProgress) {
        const key = keys.held.get().get(institution)
        return key && sealKeyFile(key, parts.about(), passphrase, { onProgress })
      },
      store: (recoveryKey) => keys.store(institution, recoveryKey),
      fetch: (recoveryKey) => keys.fetch(institution, recoveryKey),
      forget: () => keys.forget(institution),
    },
    close() {
      closed = true
      for (const stop of stops) stop()
    },
  }
}
