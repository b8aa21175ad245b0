/** Chains of duty: whom an escalation calls, in which order, and how long each has (TAXONOMY, "Escalation"). */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import type { Priority } from '../cases/case-families.ts'
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

/** State event of a topic channel; state key '' for everyone, an institution's key for calls on that institution. */
export const escalationChainEventType = 'org.enlace.escalation.chain'
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

const DAY = 24 * 60
/** A high priority has one hour to the first human acknowledgement, others a day. */
const withinDefault: Record<Priority, number> = { high: 60, medium: DAY, low: DAY }
const everyRole: Role[] = ['staff', 'coordinator', 'official']

export interface ChainTarget {
  /** the institution called upon; absent: the officials of the channel */
  institution?: { key: string; country: string }
  priority: Priority
}

/** The chain for a call, by the channel's settings; settings that cannot be read count as not there. */
export function chainFor(
  target: ChainTarget,
  settings: { general?: unknown; own?: unknown } = {},
): EscalationStage[] {
  const general = read(settings.general)
  const own = read(settings.own)
  const stage = (
    level: EscalationLevel,
    selection: Omit<EscalationStage, 'level' | 'within_ms'>,
  ): EscalationStage[] => {
    const change = { ...general[level], ...own[level] }
    if (change.skip) return []
    const within = change.within_minutes?.[target.priority] ?? withinDefault[target.priority]
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
