/**
 * What institutions say under their own keys: fetched, verified, kept on disk, and asked for by everything that has to know
 * who speaks for whom.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BilingualText } from '@enlace/directory/text'
import {
  type FederationListKeeper,
  type InstitutionPublication,
  type InstitutionRefusal,
  InstitutionsKeeper,
  institutionKeySchema,
  institutionPublicationSchema,
  parseInstitutionRole,
  verifyInstitutionPublication,
} from '@enlace/trust'
import type { Context } from '../../context.ts'
import { badJson, forbidden, MatrixError } from '../../errors.ts'
import type { InstitutionProblem, SignedInstitutions, TrustAlarmKind } from '../types.ts'
import type { TrustAlarms } from './alarms.ts'
import { createApprovedFiles } from './approved-files.ts'
import { institutionWords } from './institution-words.ts'
import type { TrustHost, TrustSource } from './source.ts'

/** Institutions whose files are fetched at one time. */
const AT_ONCE = 6
/** Those who ask to hear of changes hear at least so often while many are fetched. */
const TELL_MS = 1_000
/** An institution is reminded so long before its word ends: somebody has to sign. */
const WARN_MS = 30 * 24 * 3_600_000

/** Refusals that a broken line does not explain. */
const ALARMING: Partial<Record<InstitutionRefusal, TrustAlarmKind>> = {
  fork: 'fork',
  rollback: 'rollback',
  'bad-signature': 'unsigned',
}

/** The node's side of it, as the list's keeper drives it. */
export interface Institutions {
  face: SignedInstitutions
  /** The list is another one: keys that were taken away have no say from here on. */
  follow(): void
  /** Fetches what is named and not here. @param first the registry that named it */
  take(first?: TrustHost): Promise<void>
}

export async function openInstitutions(
  ctx: Pick<Context, 'config' | 'log'>,
  list: FederationListKeeper,
  { source, alarms, network }: { source: TrustSource; alarms: TrustAlarms; network: boolean },
): Promise<Institutions> {
  const keeper = new InstitutionsKeeper({ network })
  const folder = join(ctx.config.data_dir, 'trust-institutions')
  const listeners = new Set<(keys: string[]) => void>()
  const changed = new Set<string>()
  let told = 0

  function tell(): void {
    told = Date.now()
    if (changed.size === 0) return
    const keys = [...changed]
    changed.clear()
    for (const listener of listeners) listener(keys)
  }

  function follow(): void {
    const { ground } = list
    if (!ground) return
    if (ground.faults.length > 0)
      ctx.log.warn(
        { faults: ground.faults.slice(0, 5) },
        'some institutions’ keys on the list are not usable',
      )
    for (const key of keeper.follow(ground)) changed.add(key)
    tell()
  }

  async function keep(key: string): Promise<void> {
    const text = keeper.kept(key)
    if (text === undefined) return
    const file = join(folder, `${key}.json`)
    await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
  }

  async function restore(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    follow()
    for (const name of await readdir(folder)) {
      const key = name.replace(/\.json$/, '')
      if (!name.endsWith('.json') || !institutionKeySchema.safeParse(key).success) continue
      if (!keeper.restore(key, await readFile(join(folder, name))))
        ctx.log.warn({ institution: key }, 'the kept copy of what an institution signed is not good')
    }
  }

  async function takeOne(key: string, first: TrustHost | undefined): Promise<void> {
    const steps = keeper.update(key, Date.now())
    let step = steps.next()
    while (!step.done) step = steps.next(await source.fetchFile(step.value, first))
    const { changed: another, problem } = step.value
    if (another) {
      changed.add(key)
      await keep(key)
      ctx.log.info({ institution: key, version: keeper.version(key) }, 'an institution’s word taken')
    }
    if (!problem) return
    const { reason, detail } = problem
    const alarm = ALARMING[reason]
    if (alarm)
      await alarms.raise({
        kind: alarm,
        from: (first ?? source.hosts[0])?.name ?? '',
        proven: true,
        detail,
        institution: key,
      })
    else ctx.log.warn({ institution: key, reason, detail }, institutionWords(reason, key).en)
  }

  async function take(first?: TrustHost): Promise<void> {
    const waiting = keeper.outdated(Date.now())
    let failed = 0
    const worker = async (): Promise<void> => {
      for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
        try {
          await takeOne(key, first)
        } catch (error) {
          if (failed++ === 0)
            ctx.log.warn({ err: error, institution: key }, 'what institutions signed was not fetched')
        }
        if (Date.now() - told > TELL_MS) tell()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    tell()
  }

  function problems(): InstitutionProblem[] {
    const now = Date.now()
    const found: InstitutionProblem[] = keeper
      .problems(now)
      .map(({ institution, reason, detail, since }) => ({
        institution,
        reason,
        detail,
        since_ts: since,
        message: institutionWords(reason, institution),
      }))
    for (const institution of keeper.institutions) {
      const current = keeper.roster(institution, now)
      if (!current.usable || current.expiresAt - now > WARN_MS) continue
      found.push({
        institution,
        reason: 'expires-soon',
        detail: new Date(current.expiresAt).toISOString(),
        since_ts: current.expiresAt - WARN_MS,
        message: institutionWords('expires-soon', institution),
      })
    }
    return found
  }

  /** Checked as the registry will: who sends nonsense hears it here, in words. */
  function check(key: string, raw: unknown): InstitutionPublication {
    const parsed = institutionPublicationSchema.safeParse(raw)
    if (!parsed.success || parseInstitutionRole(parsed.data.role)?.institution !== key)
      throw badJson(`Esto no es una publicación de ${key}. / This is no publication of ${key}.`)
    const { data } = parsed
    const verdict = verifyInstitutionPublication(data, {
      now: Date.now(),
      delegation: keeper.delegation(data.role),
      before: keeper.published(data.role),
    })
    if (verdict.ok) return data
    const refused = forbidden(institutionWords(verdict.reason, key).es, {
      'org.enlace.rule': `institution.${verdict.reason}`,
      'org.enlace.message': institutionWords(verdict.reason, key),
      'org.enlace.detail': verdict.detail,
    })
    throw refused
  }

  await restore()
  return {
    follow,
    take,
    face: {
      roster: (key) => keeper.roster(key, Date.now()),
      signedEntry: (key, view) => keeper.entry(key, view, Date.now()),
      signedDuty: (key) => keeper.duty(key, Date.now()),
      ...createApprovedFiles(keeper, () => list.ground?.targets),
      onInstitutionChange: (listener) => void listeners.add(listener),
      institutionProblems: problems,
      institutionVersion: (role) => keeper.version(role),
      appointment: (key) => keeper.appointment(key),
      appointed: () => keeper.appointed,
      trustFile(path) {
        const bytes = list.file(path)
        return bytes ? { bytes, networkOnly: false } : keeper.file(path)
      },
      async publishInstitution(key, raw) {
        const publication = JSON.stringify(check(key, raw))
        let failure: unknown
        for (const host of source.hosts)
          try {
            const { status, body } = await host.post(`institutions/${key}`, publication)
            if (status >= 500) throw new Error(`status ${status}`)
            return answerOf(status, body)
          } catch (error) {
            if (error instanceof MatrixError) throw error
            failure = error
          }
        ctx.log.warn({ err: failure, institution: key }, 'the registry took no publication')
        throw new MatrixError(
          502,
          'M_UNKNOWN',
          'El directorio de la red no responde. Lo firmado no se perdió: vuelva a intentarlo en unos minutos. / The network’s registry does not answer. Try again in some minutes.',
          {
            'org.enlace.rule': 'institution.registry-away',
            'org.enlace.message': {
              es: 'El directorio de la red no responde. Lo firmado no se perdió: vuelva a intentarlo en unos minutos.',
              en: 'The network’s registry does not answer. What was signed is not lost: try again in some minutes.',
            },
          },
        )
      },
    },
  }
}

/** What the registry said, as this node says things. */
function answerOf(status: number, body: Buffer): { version: number } {
  let said: { version?: unknown; code?: unknown; message?: unknown } = {}
  try {
    said = JSON.parse(body.toString()) as typeof said
  } catch {
    // Something else stands in the registry's place.
  }
  if (status === 200 && typeof said.version === 'number') return { version: said.version }
  const message = said.message as BilingualText | undefined
  const text =
    typeof message?.es === 'string' && typeof message.en === 'string'
      ? message
      : { es: 'El directorio no aceptó la publicación.', en: 'The registry did not take the publication.' }
  throw new MatrixError(
    status === 429 ? 429 : 403,
    status === 429 ? 'M_LIMIT_EXCEEDED' : 'M_FORBIDDEN',
    text.es,
    {
      'org.enlace.rule': `institution.${typeof said.code === 'string' ? said.code : 'refused'}`,
      'org.enlace.message': text,
    },
  )
}

/** Where nobody signs anything. */
export const noInstitutions: SignedInstitutions = {
  roster: () => ({ usable: false, reason: 'none' }),
  signedEntry: () => undefined,
  signedDuty: () => undefined,
  libraries: () => [],
  riskFiles: () => [],
  onInstitutionChange: () => {},
  institutionProblems: () => [],
  institutionVersion: () => undefined,
  appointment: () => undefined,
  appointed: () => [],
  trustFile: () => undefined,
  publishInstitution() {
    throw forbidden(
      'Este nodo trabaja sin la lista de la red: nada se publica. / This node works without the network’s list.',
    )
  },
}
