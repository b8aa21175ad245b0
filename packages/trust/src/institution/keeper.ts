/**
 * What a node knows of institutions: the last word of each that it verified. Each stands by itself: one that is bad, missing,
 * older, forked or expired touches neither the list nor the others. Whoever owns the keeper fetches, stores, and tells the time.
 */
import { z } from 'zod'
import { keyIdSchema } from '../keys.ts'
import { parseJson } from '../metadata.ts'
import type { Appointment } from './appointment.ts'
import type { Delegation } from './delegation.ts'
import {
  type ApprovedFiles,
  type DutyFile,
  dutyRoleOf,
  type EntryFile,
  type EntryView,
  entryFileName,
  institutionPublicationSchema,
  networkOnlyFiles,
  parseTargetPath,
} from './documents.ts'
import type { InstitutionGround } from './ground.ts'
import type { InstitutionRefusal, PublishedRole } from './publication.ts'
import type { Roster } from './roster.ts'
import {
  type InstitutionFileRequest,
  keptWord,
  type Refused,
  restoredWord,
  type Seen,
  signedBy,
  takeWord,
  type Word,
} from './word.ts'

/** A refused file is asked for again after so long, unless another one is named before. */
const retryMs = 30_000
export interface InstitutionProblem {
  institution: string
  reason: InstitutionRefusal
  detail: string
  since: number
}

export interface InstitutionVerdict {
  institution: string
  /** another word of it than before is in force */
  changed: boolean
  problem?: InstitutionProblem
}

export type Unusable = { usable: false; reason: 'none' | 'no-key' | 'expired' | 'refused' }
export type CurrentRoster =
  | { usable: true; roster: Roster; version: number; expiresAt: number }
  /** `last`: what it said before it ran out. Nobody speaks by it any more; whoever coordinated signs the next. */
  | (Unusable & { last?: Roster })

interface State extends Seen {
  main?: Word
  duty?: Word
  /** the delegation that `approved` goes by */
  under?: string
  problem?: InstitutionProblem
  /** what was named when all of it was taken */
  settled?: string
  /** what was refused, so that it is not asked for all the time */
  refused?: { named: string; at: number }
}

const keptSchema = z.object({
  main: institutionPublicationSchema.optional(),
  duty: institutionPublicationSchema.optional(),
  seen: z.record(z.string().max(80), z.record(z.string().regex(/^[1-9]\d{0,9}$/), keyIdSchema)),
})

export class InstitutionsKeeper {
  readonly #network: boolean
  readonly #states = new Map<string, State>()
  #ground: InstitutionGround | undefined

  /** @param network whether files for the network only can be had: whoever has no token asks for none of them */
  constructor({ network }: { network: boolean }) {
    this.#network = network
  }

  /**
   * Takes what the list's copy in force says. A key that coordinators took away has no say from here on.
   * @returns institutions whose word counts otherwise than before
   */
  follow(ground: InstitutionGround): string[] {
    const before = this.#ground
    this.#ground = ground
    if (before?.targets === ground.targets) return []
    const keys = new Set([...this.#states.keys(), ...ground.delegations.keys()])
    return [...keys].filter((institution) => {
      const [was, is] = [
        JSON.stringify([before?.delegations.get(institution)?.digest, before?.appointments.get(institution)]),
        JSON.stringify([ground.delegations.get(institution)?.digest, ground.appointments.get(institution)]),
      ]
      const state = this.#states.get(institution)
      if (state) this.#approve(institution, state)
      return was !== is
    })
  }

  #approve(institution: string, state: State): void {
    const delegation = this.#ground?.delegations.get(institution)
    const keeps = this.#ground?.appointments.get(institution)?.keeps
    const under = `${delegation?.digest ?? ''}${keeps === undefined ? '' : ` ${keeps}`}`
    if (state.under === under) return
    state.under = under
    delete state.refused
    delete state.settled
    const { main, duty } = state
    // What coordinators keep in force by its hash, until whoever they appointed signs.
    const kept = main && delegation !== undefined && main.sha256 === keeps
    if (main) state.main = { ...main, approved: kept === true || signedBy(delegation, main) }
    if (duty)
      state.duty = {
        ...duty,
        approved: state.main?.approved === true && signedBy(state.main.metadata.duty, duty),
      }
  }

  /** Institutions of which the ground names something that is not here. */
  outdated(now: number): string[] {
    const ground = this.#ground
    if (!ground) return []
    return [...ground.delegations.keys()].filter((institution) => {
      const state = this.#states.get(institution)
      const named = this.#named(institution)
      if (state?.refused) return state.refused.named !== named || now - state.refused.at >= retryMs
      return named !== (state?.settled ?? ' ')
    })
  }

  /** What the ground names of an institution, as one text. */
  #named(institution: string): string {
    const of = (role: string) => {
      const meta = this.#ground?.meta(role)
      return meta ? `${meta.version}:${meta.hashes?.['sha256'] ?? ''}` : ''
    }
    const main = of(institution)
    return `${main} ${of(dutyRoleOf(institution))}`
  }

  /** Takes what the ground names of one institution. Steps as `FederationListKeeper.update` has them. */
  *update(
    institution: string,
    now: number,
  ): Generator<InstitutionFileRequest, InstitutionVerdict, Uint8Array | undefined> {
    const ground = this.#ground
    const delegation = ground?.delegations.get(institution)
    if (!ground || !delegation) return { institution, changed: false }
    const state = this.#states.get(institution) ?? { seen: {} }
    this.#approve(institution, state)
    this.#states.set(institution, state)
    const named = this.#named(institution)
    const before = { main: state.main, duty: state.duty }
    const finish = (refusal?: Refused): InstitutionVerdict => {
      const changed = state.main !== before.main || state.duty !== before.duty
      if (!refusal) {
        delete state.problem
        delete state.refused
        state.settled = named
        return { institution, changed }
      }
      const { reason, detail } = refusal
      const since = state.problem?.detail === detail ? state.problem.since : now
      state.problem = { institution, reason, detail, since }
      state.refused = { named, at: now }
      return { institution, changed, problem: state.problem }
    }

    const about = { ground, state, network: this.#network, now }
    const keeps = ground.appointments.get(institution)?.keeps
    const main = yield* takeWord(delegation, state.main, { ...about, keeps })
    if (!main.ok) return finish(main)
    if (main.word) state.main = main.word
    const limited = state.main?.metadata.files.has('duty.json') ? undefined : state.main?.metadata.duty
    if (!limited) delete state.duty
    else {
      // Keys that the institution took back have no say, whatever the next word is.
      if (state.duty && !signedBy(limited, state.duty)) state.duty = { ...state.duty, approved: false }
      const duty = yield* takeWord(limited, state.duty, about)
      if (!duty.ok) return finish(duty)
      if (duty.word) state.duty = duty.word
    }
    return finish()
  }

  /** Who speaks for it at this moment. */
  roster(institution: string, now: number): CurrentRoster {
    const word = this.#usable(institution, now)
    if ('usable' in word) {
      const last = word.reason === 'expired' ? rosterIn(this.#states.get(institution)?.main) : undefined
      return last ? { ...word, last } : word
    }
    const roster = rosterIn(word)
    if (!roster) return { usable: false, reason: 'none' }
    const { version, expiresAt } = word.metadata.read
    return { usable: true, roster, version, expiresAt }
  }

  /** Its directory entry as it signed it. */
  entry(institution: string, view: EntryView, now: number): EntryFile | undefined {
    const word = this.#usable(institution, now)
    if ('usable' in word) return undefined
    const held = word.files.get(entryFileName(view))?.content
    return held && 'entry' in held ? held.entry : undefined
  }

  /** Its duty positions, signed by itself or by the limited key it gave out. */
  duty(institution: string, now: number): DutyFile | undefined {
    const main = this.#usable(institution, now)
    if ('usable' in main) return undefined
    const limited = this.#states.get(institution)?.duty
    const word = main.metadata.files.has('duty.json') ? main : limited
    if (!word?.approved || word.metadata.read.expiresAt <= now) return undefined
    const held = word.files.get('duty.json')?.content
    return held?.file === 'duty.json' ? held.duty : undefined
  }

  /**
   * What it publishes with approvals inside; who approved each says `approvedBy`. Of one whose word does not count any more, nothing
   * but what it took back.
   */
  approved<File extends keyof ApprovedFiles>(
    institution: string,
    file: File,
    now: number,
  ): { said: ApprovedFiles[File]; counts: boolean } | undefined {
    const held = this.#states.get(institution)?.main?.files.get(file)?.content
    if (held?.file !== file || !('approved' in held)) return undefined
    const said = held.approved as ApprovedFiles[File]
    return { said, counts: !('usable' in this.#usable(institution, now)) }
  }

  #usable(institution: string, now: number): Word | Unusable {
    if (!this.#ground?.delegations.has(institution)) return { usable: false, reason: 'no-key' }
    const state = this.#states.get(institution)
    if (!state?.main) {
      const refused = state?.problem && state.problem.reason !== 'missing'
      return { usable: false, reason: refused ? 'refused' : 'none' }
    }
    if (!state.main.approved) return { usable: false, reason: 'refused' }
    if (state.main.metadata.read.expiresAt <= now) return { usable: false, reason: 'expired' }
    return state.main
  }

  /** Versions in force, by role: what the next publication must go beyond. */
  version(role: string): number | undefined {
    const seen = Object.keys(this.#states.get(role.replace(/\.duty$/, ''))?.seen[role] ?? {})
    return seen.length > 0 ? Math.max(...seen.map(Number)) : undefined
  }

  /** Whom coordinators appointed to coordinate it, and whether that person has signed yet. */
  appointment(institution: string): (Appointment & { taken: boolean }) | undefined {
    const found = this.#ground?.appointments.get(institution)
    const delegation = this.#ground?.delegations.get(institution)
    if (!found || delegation?.keyids.includes(found.keyid) !== true) return undefined
    const main = this.#states.get(institution)?.main
    return { ...found, taken: main !== undefined && signedBy(delegation, main) }
  }

  /** Institutions that coordinators appointed somebody for. */
  get appointed(): readonly string[] {
    return [...(this.#ground?.appointments.keys() ?? [])]
  }

  /** Whose keys count, for checking a publication that passes through. */
  delegation(role: string): Delegation | undefined {
    const institution = role.replace(/\.duty$/, '')
    if (role === institution) return this.#ground?.delegations.get(role)
    const main = this.#states.get(institution)?.main
    return main?.approved ? main.metadata.duty : undefined
  }

  /** All that a role says now: what its next publication follows. */
  published(role: string): PublishedRole | undefined {
    const institution = role.replace(/\.duty$/, '')
    const word = this.#states.get(institution)?.[role === institution ? 'main' : 'duty']
    if (!word) return undefined
    const { metadata, files } = word
    return {
      role,
      institution,
      text: Buffer.from(metadata.read.bytes).toString(),
      metadata,
      files: new Map([...files].map(([file, { text }]) => [file, text.toString()])),
    }
  }

  /** A verified file by its path below `/trust/`. */
  file(path: string): { bytes: Uint8Array; networkOnly: boolean } | undefined {
    const metadata = /^metadata\/([1-9]\d*)\.([a-z0-9-]+)(\.duty)?\.json$/.exec(path)
    if (metadata) {
      const [, version, institution = '', duty] = metadata
      const word = this.#states.get(institution)?.[duty ? 'duty' : 'main']
      const read = word?.metadata.read
      return read?.version === Number(version) ? { bytes: read.bytes, networkOnly: false } : undefined
    }
    const target = /^targets\/([a-z0-9-]+)\/([0-9a-f]{64})\.(.+)$/.exec(path)
    const parsed = target && parseTargetPath(`${target[1]}/${target[3]}`)
    if (!parsed) return undefined
    const state = this.#states.get(parsed.institution)
    for (const word of [state?.main, state?.duty])
      if (word?.metadata.files.get(parsed.file)?.sha256 === target[2]) {
        const held = word?.files.get(parsed.file)
        if (held) return { bytes: held.text, networkOnly: networkOnlyFiles.includes(parsed.file) }
      }
    return undefined
  }

  /** What operators and coordinators should know. */
  problems(now: number): InstitutionProblem[] {
    const found: InstitutionProblem[] = []
    for (const [institution, { problem, main }] of this.#states) {
      if (problem) found.push(problem)
      else if (main && this.#ground?.delegations.has(institution) && !main.approved)
        found.push({
          institution,
          reason: 'bad-signature',
          detail: `What ${institution} signed is under a key that coordinators replaced. It has to sign anew.`,
          since: now,
        })
      else if (main && main.metadata.read.expiresAt <= now)
        found.push({
          institution,
          reason: 'expired',
          detail: `What ${institution} signed has expired.`,
          since: main.metadata.read.expiresAt,
        })
    }
    return found
  }

  /** Institutions of which something is kept. */
  get institutions(): readonly string[] {
    return [...this.#states.keys()]
  }

  /** To be kept on disk for `restore`, one text for each institution. */
  kept(institution: string): string | undefined {
    const state = this.#states.get(institution)
    if (!state) return undefined
    return JSON.stringify({ main: keptWord(state.main), duty: keptWord(state.duty), seen: state.seen })
  }

  /** Takes back what was kept, verified anew. After `follow`. @returns false when it is not good */
  restore(institution: string, kept: Uint8Array | string): boolean {
    const parsed = keptSchema.safeParse(parseJson(kept, 16 * 1024 * 1024))
    if (!parsed.success) return false
    const { seen } = parsed.data
    const state: State = { seen, under: '' }
    const main = restoredWord(institution, institution, parsed.data.main)
    const duty = restoredWord(institution, dutyRoleOf(institution), parsed.data.duty)
    if (main) state.main = main
    if (duty && main) state.duty = duty
    this.#states.set(institution, state)
    this.#approve(institution, state)
    return (main !== undefined) === (parsed.data.main !== undefined)
  }
}

function rosterIn(word: Word | undefined): Roster | undefined {
  const held = word?.files.get('roster.json')?.content
  return held?.file === 'roster.json' ? held.roster : undefined
}
