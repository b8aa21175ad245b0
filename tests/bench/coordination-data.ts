/** People, cases and chains for the bench: the kinds, priorities and steps of a year at one border, evenly mixed. */
import {
  type Actor,
  type CaseContent,
  type CaseStepDraft,
  caseUpdateContent,
  caseUpdateEventType,
  type EscalationStage,
} from '@enlace/coordination'

export type Command =
  | { do: 'cases'; room: string; count: number }
  | { do: 'chains'; room: string; count: number; firstMs: number; everyMs: number }
  | { do: 'bare-find'; times: number; limit: number }
  | { do: 'bare-send'; room: string; count: number }
  | { do: 'jump'; ms: number }
  | { do: 'jump-to-first'; beforeMs: number }
  | { do: 'timers' | 'lateness' | 'cpu' | 'close' }

const HOUR = 3_600_000

export const benchPeople = [
  {
    localpart: 'coordinacion',
    displayName: 'Coordinación',
    institution: 'hn-senaf-corinto',
    role: 'coordinator',
  },
  {
    localpart: 'albergue',
    displayName: 'Albergue',
    institution: 'gt-casa-del-migrante-entre-rios',
    role: 'staff',
  },
  { localpart: 'registro', displayName: 'Registro', institution: 'hn-rnp-sps', role: 'staff' },
  { localpart: 'oficial', displayName: 'Oficial', institution: 'hn-sreci', role: 'official' },
] as const

const shelter: Actor = { institution: 'gt-casa-del-migrante-entre-rios', role: 'staff' }
const registry: Actor = { institution: 'hn-rnp-sps', role: 'staff' }

/** A case and how far it has come: a sixth each is sent, acknowledged, accepted, in process, issued, delivered. */
export function caseEvents(index: number, now: number) {
  const priority = (['high', 'medium', 'low'] as const)[index % 3]!
  const kind = (['birth_certificate', 'correction', 'travel_document'] as const)[(index >> 2) % 3]!
  const content: CaseContent = {
    reference: `DOC-2026-${String(index + 1).padStart(6, '0')}`,
    kind,
    priority,
    requesting: shelter.institution,
    responsible: registry.institution,
    acknowledge_by: now + HOUR + (index % 500) * 60_000,
    deadline: now + 48 * HOUR + (index % 5_000) * 60_000,
    by: shelter,
  }
  const far = index % 6
  const drafts: [string, Actor, CaseStepDraft][] = [
    ['registro', registry, { step: 'acknowledge' }],
    ['registro', registry, { step: 'accept' }],
    ['registro', registry, { step: 'start' }],
    [
      'registro',
      registry,
      { step: 'issue', document: { type: 'birth_certificate', event_id: `$document${index}` } },
    ],
    [
      'registro',
      registry,
      { step: 'deliver', delivered: { to: 'guardian', identity_check: 'identity_document' } },
    ],
  ]
  return {
    sender: 'albergue',
    content,
    steps: (id: string) =>
      drafts.slice(0, far).map(([sender, by, draft]) => ({
        sender,
        type: caseUpdateEventType,
        content: caseUpdateContent({ id, heads: [] }, by, draft),
      })),
  }
}

export const benchChain: EscalationStage[] = [
  { level: 'focal_point', institutions: ['hn-rnp-sps'], roles: ['staff'], within_ms: HOUR },
  { level: 'national_liaison', roles: ['official'], within_ms: HOUR },
]
