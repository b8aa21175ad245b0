/** Chains of duty: whom an escalation calls, in which order, and how long each has (TAXONOMY, "Escalation"). */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import { type Priority, priorities } from '../cases/case-families.ts'
import { institutionKeySchema, type Member, type Role, roleSchema } from '../members.ts'

export const escalationLevels = {
  focal_point: { es: 'enlace', en: 'focal point' },
  institution_coordination: { es: 'coordinación institucional', en: 'institution’s coordination' },
  national_liaison: { es: 'enlace nacional', en: 'national liaison' },
  binational_committee: { es: 'comité técnico binacional', en: 'binational technical committee' },
} as const satisfies Record<string, BilingualText>
export type EscalationLevel = keyof typeof escalationLevels
const levelKeys = Object.keys(escalationLevels) as [EscalationLevel, ...EscalationLevel[]]

const MINUTE = 60_000
export const minWithinMs = MINUTE
export const maxWithinMs = 30 * 24 * 60 * MINUTE
const countrySchema = z.string().regex(/^[A-Z]{2}$/)

/**
 * One stage: everyone of the channel whom all of its criteria select. Absent `institutions` or `country`: any.
 * `within_ms`: how long they have before the next stage begins, 1 minute to 30 days.
 */
export const escalationStageSchema = z.strictObject({
  level: z.enum(levelKeys),
  institutions: z.array(institutionKeySchema).min(1).max(50).optional(),
  country: countrySchema.optional(),
  roles: z.array(roleSchema).min(1).max(3),
  within_ms: z.int().min(minWithinMs).max(maxWithinMs),
})
export type EscalationStage = z.output<typeof escalationStageSchema>
export const escalationChainSchema = z.array(escalationStageSchema).min(1).max(8)

/**
 * State event of a topic channel. State key '': times of the levels that are everybody's. An institution's key: calls on that
 * institution, set by its own coordinators and officials alone.
 */
export const escalationChainEventType = 'org.enlace.escalation.chain'
/**
 * How long one stage may have, agreed by the network: nobody makes a chain so slow that it calls nobody in time, or so
 * fast that nobody can answer. Minutes.
 */
export const stageBounds: Record<Priority, { least: number; most: number }> = {
  high: { least: 1, most: 4 * 60 },
  medium: { least: 1, most: 3 * 24 * 60 },
  low: { least: 1, most: 7 * 24 * 60 },
}
/** What a state event may say at all; older ones said more than the bounds, and count as the bounds. */
const minutes = z
  .int()
  .min(1)
  .max(maxWithinMs / MINUTE)
/** Changes to the chain, per level: times per priority, other institutions, or leaving it out. */
export const escalationChainSettingsSchema = z.partialRecord(
  z.enum(levelKeys),
  z.strictObject({
    within_minutes: z
      .strictObject({ high: minutes.optional(), medium: minutes.optional(), low: minutes.optional() })
      .optional(),
    institutions: z.array(institutionKeySchema).min(1).max(50).optional(),
    skip: z.boolean().optional(),
  }),
)
export type EscalationChainSettings = z.output<typeof escalationChainSettingsSchema>

/** Levels that are everybody's: the settings with the state key '' say how long they have, and nothing else. */
export const sharedLevels: readonly EscalationLevel[] = ['national_liaison', 'binational_committee']

const clamp = (value: number, { least, most }: { least: number; most: number }) =>
  Math.min(most, Math.max(least, value))

/** A stage as whoever raised the call sent it, its time within what the network agreed on for the slowest of calls. */
export function withinBounds(stage: EscalationStage): EscalationStage {
  const within_ms = clamp(stage.within_ms, {
    least: stageBounds.low.least * MINUTE,
    most: stageBounds.low.most * MINUTE,
  })
  return within_ms === stage.within_ms ? stage : { ...stage, within_ms }
}

/**
 * What is wrong with settings, in words; undefined: nothing.
 *
 * @param key '' for the levels that are everybody's, or the institution's
 */
export function chainSettingsProblem(
  settings: EscalationChainSettings,
  key: string,
): BilingualText | undefined {
  for (const [level, change] of Object.entries(settings)) {
    const isShared = sharedLevels.includes(level as EscalationLevel)
    if (key === '' && (!isShared || change?.skip !== undefined || change?.institutions)) return notShared
    for (const [priority, value] of Object.entries(change?.within_minutes ?? {})) {
      const bounds = stageBounds[priority as Priority]
      if (value === clamp(value, bounds)) continue
      return {
        es: `Una etapa de prioridad ${priorities[priority as Priority].es} dura de ${bounds.least} a ${bounds.most} minutos. Ponga un tiempo dentro de ese límite, que la red acordó para que ningún llamado se quede sin respuesta.`,
        en: `A stage of ${priorities[priority as Priority].en} priority lasts ${bounds.least} to ${bounds.most} minutes. Give a time within that limit, which the network agreed on so that no call stays unanswered.`,
      }
    }
  }
  return undefined
}

const notShared: BilingualText = {
  es: 'Para todas las instituciones solo se fijan los tiempos del enlace nacional y del comité. Los enlaces y la coordinación de cada institución los fija ella misma: elija la suya.',
  en: 'For all institutions only the times of the national liaison and the committee are set. Each institution sets its own focal points and coordination: choose yours.',
}

const DAY = 24 * 60
/** A high priority has one hour to the first human acknowledgement, others a day. */
const withinDefault: Record<Priority, number> = { high: 60, medium: DAY, low: DAY }
const everyRole: Role[] = ['staff', 'coordinator', 'official']

export interface ChainTarget {
  /** the institution called upon; absent: the officials of the channel */
  institution?: { key: string; country: string }
  priority: Priority
}

/**
 * The chain for a call, by the channel's settings; settings that cannot be read count as not there. `general` has a say in
 * the times of the levels that are everybody's only; whether `own` is the institution's is for the caller to see to.
 */
export function chainFor(
  target: ChainTarget,
  settings: { general?: unknown; own?: unknown } = {},
): EscalationStage[] {
  const general = sharedTimes(read(settings.general))
  const own = read(settings.own)
  const stage = (
    level: EscalationLevel,
    selection: Omit<EscalationStage, 'level' | 'within_ms'>,
  ): EscalationStage[] => {
    const change = { ...general[level], ...own[level] }
    if (change.skip) return []
    const within = clamp(
      change.within_minutes?.[target.priority] ?? withinDefault[target.priority],
      stageBounds[target.priority],
    )
    const institutions = change.institutions ?? selection.institutions
    return [
      {
        level,
        ...(institutions ? { institutions } : selection.country ? { country: selection.country } : {}),
        roles: selection.roles,
        within_ms: within * MINUTE,
      },
    ]
  }
  const { institution } = target
  const committee = stage('binational_committee', { roles: ['coordinator', 'official'] })
  const chain = institution
    ? [
        ...stage('focal_point', { institutions: [institution.key], roles: everyRole }),
        ...stage('institution_coordination', {
          institutions: [institution.key],
          roles: ['coordinator', 'official'],
        }),
        ...stage('national_liaison', { country: institution.country, roles: ['official'] }),
        ...committee,
      ]
    : [...stage('national_liaison', { roles: ['official'] }), ...committee]
  // A chain that leaves everybody out would call nobody: the committee is always there.
  return chain.length > 0
    ? chain
    : [
        {
          level: 'binational_committee',
          roles: ['coordinator', 'official'],
          within_ms: withinDefault[target.priority] * MINUTE,
        },
      ]
}

function sharedTimes(settings: EscalationChainSettings): EscalationChainSettings {
  return Object.fromEntries(
    sharedLevels.flatMap((level) => {
      const within_minutes = settings[level]?.within_minutes
      return within_minutes ? [[level, { within_minutes }]] : []
    }),
  )
}

function read(content: unknown): EscalationChainSettings {
  const parsed = escalationChainSettingsSchema.safeParse(content)
  return parsed.success ? parsed.data : {}
}

/** Whether a stage calls upon a member. */
export function stageSelects(stage: EscalationStage, member: Member): boolean {
  const { institution, role } = member
  if (!institution || !role || !stage.roles.includes(role)) return false
  if (stage.institutions && !stage.institutions.includes(institution.key)) return false
  return stage.country === undefined || stage.country === institution.country
}
