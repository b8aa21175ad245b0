import type { BilingualText } from '@enlace/directory/text'
import { kindLabel } from '@enlace/directory/words'
import { z } from 'zod'
import { institutionKeySchema, type Member, roleSchema, roles } from '../members.ts'
import { type TopicWithPolicy, topicLabel, topics } from './topics.ts'
import type { TopicEntry, TopicTable } from './types.ts'

/** State event (state key '') that makes a room a topic channel and says who may take part. */
export const topicPolicyEventType = 'org.enlace.topic.policy'

const userId = z
  .string()
  .max(255)
  .regex(/^@[^:\s]+:\S+$/, 'must be a Matrix user ID')
const roomId = z
  .string()
  .max(255)
  .regex(/^!\S+$/, 'must be a room ID')
const shortText = z.string().trim().min(1).max(300)

const contactSchema = z.strictObject({
  user_id: userId.optional(),
  institution: institutionKeySchema.optional(),
  text: z.strictObject({ es: shortText, en: shortText }),
})

/**
 * Content of `org.enlace.topic.policy`. A criterion that is absent asks nothing; one that is an empty list admits
 * nobody. `institutions` names institutions admitted beside the kinds. `countries` and `roles` then narrow.
 * Strict: a criterion this version cannot read makes the policy unreadable, and an unreadable policy admits nobody.
 */
export const topicPolicySchema = z.strictObject({
  topic: z.string().min(1).max(64),
  corridor: roomId.optional(),
  admits: z.strictObject({
    institution_kinds: z.array(z.string().min(1).max(64)).max(50).optional(),
    institutions: z.array(institutionKeySchema).max(200).optional(),
    countries: z
      .array(z.string().regex(/^[A-Z]{2}$/))
      .max(250)
      .optional(),
    roles: z.array(roleSchema).max(3).optional(),
  }),
  contact: contactSchema,
})

export type TopicPolicy = z.output<typeof topicPolicySchema>
export type PolicyContact = z.output<typeof contactSchema>

/** @returns the policy, or a sentence for the log saying what in it could not be read */
export function parseTopicPolicy(
  content: unknown,
): { ok: true; policy: TopicPolicy } | { ok: false; reason: string } {
  const parsed = topicPolicySchema.safeParse(content)
  if (parsed.success) return { ok: true, policy: parsed.data }
  return {
    ok: false,
    reason: parsed.error.issues
      .map((issue) => `${issue.path.join('.') || 'content'}: ${issue.message}`)
      .join('; '),
  }
}

export type AdmissionRule = 'policy' | 'institution' | 'institution_kind' | 'country' | 'role'

export type Admission =
  | { admitted: true }
  | {
      admitted: false
      /** which criterion refused */
      rule: AdmissionRule
      /** whom to ask, from the policy; absent only when the policy itself cannot be read */
      whom?: PolicyContact
      /** what to show the person refused: the rule and whom to ask */
      message: BilingualText
    }

/** Whether a policy admits a member. Every refusal names the first rule that refused and whom to ask. */
export function admission(policy: TopicPolicy, member: Member, table: TopicTable = topics): Admission {
  const topic = topicLabel(policy.topic, table)
  const refuse = (rule: AdmissionRule, es: string, en: string): Admission => ({
    admitted: false,
    rule,
    whom: policy.contact,
    message: {
      es: `${es} (canal «${topic.es}»). Consulte a: ${policy.contact.text.es}.`,
      en: `${en} (channel “${topic.en}”). Ask: ${policy.contact.text.en}.`,
    },
  })

  const { institution, role } = member
  const { institution_kinds, institutions, countries, roles: admittedRoles } = policy.admits
  if (!institution)
    return refuse(
      'institution',
      'Esta cuenta no pertenece a una institución conocida',
      'This account does not belong to a known institution',
    )

  const named = institutions?.includes(institution.key) ?? false
  const ofKind = institution_kinds?.includes(institution.kind) ?? false
  if (!named && !ofKind) {
    if (institution_kinds) {
      const kind = kindLabel(institution.kind)
      const admitted = institution_kinds.map(kindLabel)
      return refuse(
        'institution_kind',
        `El canal admite ${list(admitted, 'es')}; no admite instituciones de tipo ${kind.es}`,
        `The channel admits ${list(admitted, 'en')}; it does not admit institutions of the kind ${kind.en}`,
      )
    }
    if (institutions)
      return refuse(
        'institution',
        'El canal admite solo las instituciones que su política nombra, y esta no está entre ellas',
        'The channel admits only the institutions its policy names, and this one is not among them',
      )
  }

  if (countries && !countries.includes(institution.country))
    return refuse(
      'country',
      `El canal admite instituciones de ${countries.join(', ') || 'ningún país'}; esta es de ${institution.country}`,
      `The channel admits institutions of ${countries.join(', ') || 'no country'}; this one is of ${institution.country}`,
    )

  if (admittedRoles && (!role || !admittedRoles.includes(role))) {
    const labels = admittedRoles.map((admittedRole) => roles[admittedRole])
    return refuse(
      'role',
      `El canal admite las funciones: ${list(labels, 'es')}; esta cuenta ${role ? `es de ${roles[role].es}` : 'no tiene función asignada'}`,
      `The channel admits the roles: ${list(labels, 'en')}; this account ${role ? `is ${roles[role].en}` : 'has no role'}`,
    )
  }
  return { admitted: true }
}

/**
 * The same from a room's state: `content` is that of the room's policy event, undefined when the room has none
 * (an ordinary room, open to the Matrix rules alone). A policy that cannot be read, or was redacted, admits nobody.
 */
export function admissionUnder(content: unknown, member: Member, table: TopicTable = topics): Admission {
  if (content === undefined) return { admitted: true }
  const parsed = parseTopicPolicy(content)
  if (parsed.ok) return admission(parsed.policy, member, table)
  return {
    admitted: false,
    rule: 'policy',
    message: {
      es: 'La política de este canal no se puede leer, así que no admite a nadie. Consulte a la coordinación que creó el canal.',
      en: 'This channel’s policy cannot be read, so it admits nobody. Ask the coordinators who created the channel.',
    },
  }
}

function list(labels: BilingualText[], language: 'es' | 'en'): string {
  return labels.map((label) => label[language]).join(', ') || (language === 'es' ? 'nadie' : 'nobody')
}

const coordination: PolicyContact = {
  text: { es: 'la coordinación del canal', en: 'the channel’s coordination' },
}

/** The policy a channel of this topic starts with: any role of an admitted institution, of any country. */
export function defaultPolicy<Table extends TopicTable = typeof topics>(
  topic: NoInfer<TopicWithPolicy<Table>>,
  options: { corridor?: string; contact?: PolicyContact } = {},
  table?: Table,
): TopicPolicy {
  const entries: TopicTable = table ?? topics
  const { admits } = entries[topic] as TopicEntry
  return {
    topic,
    ...(options.corridor ? { corridor: options.corridor } : {}),
    admits: { institution_kinds: [...(admits ?? [])] },
    contact: options.contact ?? coordination,
  }
}
