import { attest } from '@enlace/evidence'
import {
  entryFileSchema,
  namedFile,
  readRosterText,
  rosterId,
  signedAt,
  signInstitution,
} from '@enlace/trust/browser'
import { failureOf } from '../../lib/failure.ts'
import { forgetSealed, readSealed, writeSealed } from '../../lib/sealed-store.ts'
import { createStore } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { RosterPlace } from '../../model/envelope/types.ts'
import type { RosterWord } from '../../model/history/types.ts'
import {
  fetchClaimants,
  fetchDutyKey,
  fetchTrustReport,
  type TrustReport,
  trustFiles,
} from '../../model/institution/institution-api.ts'
import { createInstitutionKeys } from '../../model/institution/institution-keys.ts'
import { createNetworkWatch } from '../../model/institution/network-watch.ts'
import { holdPublications } from '../../model/institution/publications.ts'
import { institutionKeysName } from '../../model/session/local-data.ts'
import type { Session } from '../../model/session/types.ts'
import { isSignedBy, signMinutes } from './minutes-key.ts'
import { createOffice } from './office.ts'
import { sameContent } from './same-content.ts'
import type { Institutions, SignedMarkState } from './types.ts'

/** Of this browser, not of an account: who signs in next is on the same network. */
const MEMORY = 'network-trust'
const SEEN_ALARMS = 'trust_alarms_seen'
const CHECK_MS = 5 * 60_000

const publicFiles = ['entry.json'] as const
/** A node without the network's token has the public one alone. */
const networkFiles = ['entry.network.json', 'entry.json'] as const

const known = new WeakMap<Session, Institutions>()

/** One for a session, made when the first page needs it. */
export function institutionsOf(session: Session): Institutions {
  const before = known.get(session)
  if (before) return before
  const made = createInstitutions(session)
  known.set(session, made)
  return made
}

/** The SDK gives no list of account data; its stores have it in a map. */
function accountDataTypes(store: object): Iterable<string> {
  const data: unknown = Reflect.get(store, 'accountData')
  return data instanceof Map ? data.keys() : []
}

function createInstitutions(session: Session): Institutions {
  const { request, database, client, userId } = session
  const keysName = institutionKeysName(userId)
  const watch = createNetworkWatch({
    fetchFile: trustFiles(session),
    read: () => readSealed(MEMORY),
    write: (text) => writeSealed(MEMORY, text),
  })
  const keys = createInstitutionKeys({
    secretNames: () => accountDataTypes(client.store),
    withSecrets: session.encryption.withSecrets,
    read: () => readSealed(keysName),
    write: (text) => (text === undefined ? forgetSealed(keysName) : writeSealed(keysName, text)),
  })
  const publications = holdPublications(session).value
  const report = createStore<TrustReport | undefined>(undefined)
  const newAlarms = createStore(0)
  const heldFor = createStore<readonly string[]>([])
  const ready = Promise.all([keys.load(), publications.load()]).catch(() => undefined)
  const own = () => session.me.get()?.institution?.key

  const list = () => heldFor.set([...new Set([...keys.held.get().keys(), ...keys.stored.get()])].sort())
  keys.held.subscribe(list)
  keys.stored.subscribe(list)

  let seenUntil = 0
  const countNew = () => {
    const alarms = report.get()?.alarms ?? []
    newAlarms.set(alarms.filter(({ last_ts }) => last_ts > seenUntil).length)
  }

  async function check(): Promise<void> {
    await ready
    const { kind } = await watch.check()
    if (kind === 'good') {
      const mine = own()
      const toCheck = new Set([...(mine === undefined ? [] : [mine]), ...keys.held.get().keys()])
      for (const key of toCheck) {
        const reading = await watch.institution(key)
        if (reading.kind === 'signed') await watch.text(reading.state, 'roster.json')
      }
    }
    if (session.me.get()?.role === 'coordinator') {
      const kept: unknown = await database.get('facts', SEEN_ALARMS).catch(() => undefined)
      seenUntil = typeof kept === 'number' ? kept : 0
      report.set(await fetchTrustReport(request))
      countNew()
    }
  }
  const checkSoon = () => void check().catch(() => undefined)

  /** The copy on this device against what the institution signed. */
  async function compare(institution: string): Promise<SignedMarkState> {
    const given = await session.directory.asGiven(institution)
    // The list alone names it: there is nothing of its own that could be signed.
    if (given?.entry === undefined) return { kind: 'unsigned' }
    const reading = await watch.institution(institution)
    if (reading.kind === 'fault') return { kind: 'fault', fault: reading.fault }
    if (reading.kind !== 'signed') return { kind: 'unsigned' }
    const files = given.view === 'public' ? publicFiles : networkFiles
    for (const file of files) {
      const text = await watch.text(reading.state, file)
      if (typeof text === 'object' && !(file === 'entry.network.json' && text.fault === 'missing'))
        return { kind: 'fault', fault: text }
      if (typeof text !== 'string') continue
      const signed = entryFileSchema.safeParse(JSON.parse(text))
      if (!signed.success || signed.data.institution !== institution) return { kind: 'differs' }
      if (!sameContent(signed.data.entry, given.entry)) return { kind: 'differs' }
      const at = signedAt(namedFile(reading.state, file))
      const { version } = reading.state.metadata.content
      return { kind: 'same', version, ...(at === undefined ? {} : { signedAt: at }) }
    }
    return { kind: 'unsigned' }
  }

  /** An id costs some hundred milliseconds. */
  const rosterIds = new Map<string, Promise<string>>()
  async function rosterRole(userId: string, institution: string): Promise<RosterPlace> {
    const reading = await watch.institution(institution)
    // What does not fit its signatures is nobody's word for anybody.
    if (reading.kind === 'fault') return 'not_member'
    if (reading.kind !== 'signed') return 'unknown'
    const text = await watch.text(reading.state, 'roster.json')
    if (typeof text === 'object') return 'not_member'
    const roster = text === undefined ? undefined : readRosterText(text, institution)
    if (!roster) return 'unknown'
    const key = `${roster.salt} ${userId}`
    const id = rosterIds.get(key) ?? rosterId(roster.salt, userId)
    rosterIds.set(key, id)
    const named = await id
    const member = roster.members.find((one) => one.id === named)
    const now = Date.now()
    return member && member.since <= now && (member.until === undefined || member.until > now)
      ? member.role
      : 'not_member'
  }
  async function rosterWord(userId: string, institution: string): Promise<RosterWord> {
    const role = await rosterRole(userId, institution)
    return role === 'unknown' || role === 'not_member' ? role : 'member'
  }

  const stops: (() => void)[] = []

  return {
    desk: { watch, keys, publications, ready },
    rosterWord,
    rosterRole,
    network: watch.state,
    faults: watch.faults,
    report,
    newAlarms,
    heldFor,
    check,
    start() {
      if (stops.length > 0) return
      // Who one is arrives a little after the start; the connection may come back.
      stops.push(
        everyWhileSeen(CHECK_MS, checkSoon),
        session.me.subscribe(checkSoon),
        session.connection.subscribe(() => {
          if (session.connection.get() !== 'online') return
          publications.wake()
          checkSoon()
        }),
      )
      checkSoon()
    },
    stop() {
      for (const stop of stops.splice(0)) stop()
    },
    async startOver() {
      await watch.startOver()
      await check()
    },
    async seenAlarms() {
      const newest = Math.max(0, ...(report.get()?.alarms ?? []).map(({ last_ts }) => last_ts))
      seenUntil = Math.max(seenUntil, newest)
      await database.put('facts', SEEN_ALARMS, seenUntil).catch(() => undefined)
      countNew()
    },
    office(institution) {
      return createOffice({
        institution,
        watch,
        keys,
        publications,
        database,
        claimants: async () => (own() === institution ? fetchClaimants(request) : []),
        dutyKey: () => fetchDutyKey(request, institution),
        nameOf(someone) {
          const { name } = session.people.person(someone)
          return name && name !== someone ? name : undefined
        },
        about() {
          const mine = session.me.get()?.institution
          const listed = session.cases.institutions.get().get(institution)
          const found = mine?.key === institution ? mine : listed
          return { name: found?.name ?? institution, ...(found?.country ? { country: found.country } : {}) }
        },
      })
    },
    async attest(about) {
      await ready
      const key = keys.held.get().get(about.institution)
      return key && attest(about, key)
    },
    async signMinutes(statement) {
      await ready
      const key = keys.held.get().get(statement.institution)
      return key && signMinutes(statement, key)
    },
    async minutesWord(statement, signature) {
      const reading = await watch.institution(statement.institution).catch(() => undefined)
      if (reading?.kind === 'fault') return 'not_signed'
      if (reading?.kind !== 'signed') return 'unknown'
      return (await isSignedBy(reading.state, statement, signature)) ? 'signed' : 'not_signed'
    },
    async holds(institution) {
      await ready
      return keys.held.get().has(institution)
    },
    async sign(institution, files) {
      await ready
      const key = keys.held.get().get(institution)
      const reading = await watch.institution(institution)
      if (!key || (reading.kind !== 'signed' && reading.kind !== 'silent'))
        throw new Error(`Nothing can be signed for ${institution} here: ${key ? reading.kind : 'no key'}.`)
      const base = reading.kind === 'signed' ? reading.state : undefined
      return signInstitution({ institution, base, change: { files }, keys: [key], now: Date.now() })
    },
    async mark(institution) {
      try {
        await ready
        const first = await compare(institution)
        if (first.kind !== 'differs') return first
        // The institution may have signed another since this device took its copy.
        await session.directory.refresh()
        return await compare(institution)
      } catch (error) {
        return { kind: failureOf(error).kind === 'offline' ? 'offline' : 'unsigned' }
      }
    },
  }
}
