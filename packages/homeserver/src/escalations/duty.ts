/** Duty rosters of this node's institutions, kept by their coordinators and officials. */
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { invalidParam, policyRefusal } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import type { Clock } from '../lib/clock.ts'
import { type DutyRoster, onDutyAt } from './roster.ts'
import type { Duty, EscalationModels } from './types.ts'

/** `keeps`: coordinators and officials. */
type Keeper = { institution: string; keeps: boolean }

const EMPTY: DutyRoster = { shifts: [], weekly: [] }

export function createDuty(ctx: Context, models: EscalationModels, clock: Clock): Duty {
  const known = growingCache<string, DutyRoster>(500)

  async function roster(institution: string): Promise<DutyRoster> {
    const cached = known.get(institution)
    if (cached) return cached
    const doc = await models.Duty.findById(institution).lean()
    const found = doc?.roster ?? EMPTY
    known.set(institution, found)
    return found
  }

  /** Whom a call would find only by chance: told while there is time to change it. */
  async function onlyHere(
    institution: string,
    { shifts, weekly }: DutyRoster,
    now: number,
  ): Promise<string[]> {
    const turns = [...shifts.filter(({ to_ts }) => to_ts > now), ...weekly]
    const people = new Set(turns.map(({ user_id }) => user_id))
    for (const { userId, role } of await ctx.policy.peopleOf(institution))
      if (role === 'official') people.add(userId)
    return ctx.alerts.onlyHere([...people].sort())
  }

  /** The institution a person may keep or read the roster of. @throws M_FORBIDDEN */
  async function institutionOf(userId: string, write: boolean): Promise<Keeper> {
    const { institution, role } = await ctx.policy.memberOf(userId)
    if (!institution)
      throw policyRefusal('duty.institution', '', {
        es: 'Su cuenta no pertenece a una institución de la red. Consulte a quien administra este servidor.',
        en: 'Your account is of no institution of the network. Ask whoever runs this server.',
      })
    if (write && role !== 'coordinator' && role !== 'official')
      throw policyRefusal('duty.role', institution.key, {
        es: 'El rol de turnos lo cambian coordinadores y oficiales. Pida el cambio a su coordinación.',
        en: 'The duty roster is changed by coordinators and officials. Ask your coordination for the change.',
      })
    return { institution: institution.key, keeps: role === 'coordinator' || role === 'official' }
  }

  return {
    async get(userId: string) {
      const { institution, keeps } = await institutionOf(userId, false)
      const now = clock.now()
      const found = await roster(institution)
      const doc = await models.Duty.findById(institution, { updated_by: 1, updated_ts: 1 }).lean()
      return {
        institution,
        ...found,
        on_duty: [...(onDutyAt(found, now) ?? [])],
        ...(keeps ? { only_here: await onlyHere(institution, found, now) } : {}),
        ...(doc ? { updated_by: doc.updated_by, updated_ts: doc.updated_ts } : {}),
      }
    },

    /** @throws M_FORBIDDEN, M_INVALID_PARAM naming who cannot be on duty there */
    async put(userId: string, wanted: DutyRoster): Promise<void> {
      const { institution } = await institutionOf(userId, true)
      for (const person of new Set([...wanted.shifts, ...wanted.weekly].map((one) => one.user_id))) {
        const here = serverNameOf(person) === ctx.serverName
        const member = here ? await ctx.policy.memberOf(person) : {}
        if (member.institution?.key !== institution)
          throw invalidParam(
            `${person} no es una cuenta de ${institution} en este servidor. Is no account of it here.`,
          )
      }
      await models.Duty.replaceOne(
        { _id: institution },
        { roster: wanted, updated_by: userId, updated_ts: clock.now() },
        { upsert: true },
      )
      known.set(institution, wanted)
    },

    onDuty: async (institution: string, now: number) => onDutyAt(await roster(institution), now),
  }
}
