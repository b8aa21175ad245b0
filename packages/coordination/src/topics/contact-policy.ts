/**
 * Who of the network may begin a conversation with whom, outside of channels. Data and one function, so that the node where an
 * invitation is made and the node where it arrives decide alike, from what signed rosters say and nothing else.
 */
import type { BilingualText } from '@enlace/directory/text'
import type { Member, Role } from '../members.ts'
import { topicLabel, topics } from './topics.ts'
import type { TopicTable } from './types.ts'

/** On which ground: `anyone`; `shared_topic`: both institutions' kinds are admitted to the channels of one topic; `duty`: none. */
export type ContactGround = 'anyone' | 'shared_topic' | 'duty'

/** From whom (rows) to whom, between institutions. Colleagues of one institution write to each other freely. */
export const contactPolicy: Readonly<Record<Role, Readonly<Record<Role, ContactGround>>>> = {
  staff: { staff: 'shared_topic', coordinator: 'anyone', official: 'duty' },
  official: { staff: 'shared_topic', coordinator: 'anyone', official: 'anyone' },
  coordinator: { staff: 'anyone', coordinator: 'anyone', official: 'anyone' },
}

/** People of a group, its founder included. */
export const groupLimit = 20

export type ContactRule = 'outsider' | 'role' | 'topic' | 'country'

export type ContactVerdict =
  | { allowed: true }
  | {
      allowed: false
      rule: ContactRule
      /** What to do instead: write to whoever is on duty there, or ask the coordination of one's own institution. */
      instead: 'duty' | 'coordination'
      message: BilingualText
    }

/** Topics whose channels both institutions may be in. Across a border those that guard their past are no ground. */
export function sharedTopics(
  from: NonNullable<Member['institution']>,
  to: NonNullable<Member['institution']>,
  table: TopicTable = topics,
): { shared: string[]; guardedAbroad: string[] } {
  const both = Object.entries(table).filter(([, { admits }]) =>
    [from.kind, to.kind].every((kind) => admits?.some((one) => one === kind)),
  )
  const abroad = from.country !== to.country
  const guarded = both.filter(([, entry]) => entry.guarded && abroad).map(([topic]) => topic)
  return {
    shared: both.map(([topic]) => topic).filter((one) => !guarded.includes(one)),
    guardedAbroad: guarded,
  }
}

/** Whether `from` may begin a conversation with `to`, or bring them into a group. */
export function contactVerdict(from: Member, to: Member, table: TopicTable = topics): ContactVerdict {
  const [own, other] = [from.institution, to.institution]
  if (!own || !other) return refuse(own ? outsider : ownOutsider)
  if (own.key === other.key) return { allowed: true }
  const ground = contactPolicy[from.role ?? 'staff'][to.role ?? 'staff']
  if (ground === 'anyone') return { allowed: true }
  if (ground === 'duty') return refuse(official)
  const { shared, guardedAbroad } = sharedTopics(own, other, table)
  if (shared.length > 0) return { allowed: true }
  const only = guardedAbroad[0]
  return refuse(only === undefined ? noTopic : guardedTopic(topicLabel(only, table)))
}

type Refusal = Extract<ContactVerdict, { allowed: false }>
const refuse = (why: Omit<Refusal, 'allowed'>): ContactVerdict => ({ allowed: false, ...why })

const outsider = {
  rule: 'outsider',
  instead: 'coordination',
  message: {
    es: 'Esta cuenta no figura en la lista firmada de ninguna institución de la red, así que no se le puede escribir. Si trabaja con usted, pida a la coordinación de su institución que la agregue.',
    en: 'This account is on no institution’s signed roster, so it cannot be written to. If they work with you, ask the coordination of their institution to add them.',
  },
} as const
const ownOutsider = {
  rule: 'outsider',
  instead: 'coordination',
  message: {
    es: 'Quien invita no figura en la lista firmada de ninguna institución de la red, así que no puede iniciar conversaciones. La coordinación de su institución puede agregar la cuenta.',
    en: 'Whoever invites is on no institution’s signed roster, so they cannot begin conversations. The coordination of their institution can add the account.',
  },
} as const
const official = {
  rule: 'role',
  instead: 'duty',
  message: {
    es: 'A oficiales de turno de otra institución se les escribe por la guardia, para que responda quien esté de turno. Escriba a la guardia de esa institución; si urge, haga un llamado urgente.',
    en: 'Duty officials of another institution are written to by way of the duty, so that whoever is on duty answers. Write to that institution’s duty; if it is urgent, raise an urgent call.',
  },
} as const
const noTopic = {
  rule: 'topic',
  instead: 'duty',
  message: {
    es: 'Sus instituciones no comparten ningún tema de la red. Escriba a la guardia o a la coordinación de esa institución: ellas dicen quién atiende el asunto.',
    en: 'Your institutions share no topic of the network. Write to that institution’s duty or coordination: they say who looks after the matter.',
  },
} as const
const guardedTopic = (topic: BilingualText) =>
  ({
    rule: 'country',
    instead: 'duty',
    message: {
      es: `Con instituciones de otro país, lo de «${topic.es}» se trata solo en su canal. Escriba en el canal, o a la guardia de esa institución.`,
      en: `With institutions of another country, “${topic.en}” is dealt with in its channel alone. Write in the channel, or to that institution’s duty.`,
    },
  }) as const
