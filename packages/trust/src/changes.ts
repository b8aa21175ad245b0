/** What a proposal changes, as facts; words for them are the tool's. */
import type { ListedServer, SignedInstitution } from './federation-list.ts'
import type { Appointment } from './institution/appointment.ts'
import type { Delegation } from './institution/delegation.ts'
import type { OpenedProposal } from './proposal.ts'
import type { RootContent } from './root.ts'

export type TrustChange =
  | { what: 'server-admitted'; server: string; institutions: readonly string[]; status: string }
  | { what: 'server-removed' | 'server-suspended' | 'server-readmitted' | 'server-keys'; server: string }
  | { what: 'server-case-slot'; server: string; from?: number; to?: number }
  | { what: 'institution-placed' | 'institution-left'; server: string; institution: string }
  | { what: 'institution-described'; institution: string; from?: SignedInstitution; to?: SignedInstitution }
  | { what: 'institution-key-added' | 'institution-key-removed'; institution: string; keyid: string }
  | {
      what: 'institution-appointed'
      institution: string
      appointment: Appointment
      by: { name?: string; country?: string; keyid: string }[]
    }
  | { what: 'institution-threshold'; institution: string; from: number; to: number }
  | { what: 'coordinator-added' | 'coordinator-removed'; keyid: string; name?: string; country?: string }
  | { what: 'threshold'; from: number; to: number }
  | { what: 'registry-key-added' | 'registry-key-removed'; keyid: string; name?: string }

export function changesOf({
  base,
  proposal,
  root,
  list,
  delegations,
  appointments,
}: OpenedProposal): TrustChange[] {
  const before = base ? base.list : undefined
  return [
    ...(proposal.root ? rootChanges(base?.root.content, root.content) : []),
    ...serverChanges(before?.servers ?? [], list.servers),
    ...institutionChanges(before?.institutions ?? {}, list.institutions),
    ...keyChanges(base?.delegations ?? new Map(), delegations),
    ...appointedChanges(base?.appointments ?? new Map(), appointments, root.content),
  ]
}

function serverChanges(before: readonly ListedServer[], after: readonly ListedServer[]): TrustChange[] {
  const changes: TrustChange[] = []
  const was = new Map(before.map((server) => [server.server_name, server]))
  for (const now of after) {
    const server = now.server_name
    const old = was.get(server)
    was.delete(server)
    if (!old) {
      changes.push({ what: 'server-admitted', server, institutions: now.institutions, status: now.status })
      continue
    }
    if (old.status !== now.status)
      changes.push({ what: now.status === 'suspended' ? 'server-suspended' : 'server-readmitted', server })
    for (const institution of now.institutions)
      if (!old.institutions.includes(institution))
        changes.push({ what: 'institution-placed', server, institution })
    for (const institution of old.institutions)
      if (!now.institutions.includes(institution))
        changes.push({ what: 'institution-left', server, institution })
    if (sorted(old.verify_keys) !== sorted(now.verify_keys)) changes.push({ what: 'server-keys', server })
    if (old.case_slot !== now.case_slot)
      changes.push({ what: 'server-case-slot', server, from: old.case_slot, to: now.case_slot })
  }
  for (const server of was.keys()) changes.push({ what: 'server-removed', server })
  return changes
}

function institutionChanges(
  before: Readonly<Record<string, SignedInstitution>>,
  after: Readonly<Record<string, SignedInstitution>>,
): TrustChange[] {
  const changes: TrustChange[] = []
  for (const institution of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [before[institution], after[institution]]
    if (from?.kind !== to?.kind || from?.country !== to?.country)
      changes.push({ what: 'institution-described', institution, from, to })
  }
  return changes
}

function keyChanges(
  before: ReadonlyMap<string, Delegation>,
  after: ReadonlyMap<string, Delegation>,
): TrustChange[] {
  const changes: TrustChange[] = []
  for (const institution of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(institution), after.get(institution)]
    for (const keyid of is?.keyids ?? [])
      if (!was?.keyids.includes(keyid)) changes.push({ what: 'institution-key-added', institution, keyid })
    for (const keyid of was?.keyids ?? [])
      if (!is?.keyids.includes(keyid)) changes.push({ what: 'institution-key-removed', institution, keyid })
    const [from, to] = [was?.threshold ?? 1, is?.threshold ?? 1]
    if (is && from !== to) changes.push({ what: 'institution-threshold', institution, from, to })
  }
  return changes
}

function appointedChanges(
  before: ReadonlyMap<string, Appointment>,
  after: ReadonlyMap<string, Appointment>,
  root: RootContent,
): TrustChange[] {
  return [...after].flatMap(([institution, appointment]) =>
    JSON.stringify(before.get(institution)) === JSON.stringify(appointment)
      ? []
      : [
          {
            what: 'institution-appointed' as const,
            institution,
            appointment,
            by: appointment.by.map((keyid) => describedKey(root, keyid)),
          },
        ],
  )
}

const describedKey = (root: RootContent, keyid: string) => {
  const name = root['x-enlace']?.names[keyid]
  const country = Object.entries(root['x-enlace']?.countries ?? {}).find(([, ids]) =>
    ids.includes(keyid),
  )?.[0]
  return { keyid, ...(name === undefined ? {} : { name }), ...(country === undefined ? {} : { country }) }
}

function rootChanges(before: RootContent | undefined, after: RootContent): TrustChange[] {
  const changes: TrustChange[] = []
  const about = (root: RootContent, keyid: string) => ({
    keyid,
    name: root['x-enlace']?.names[keyid],
    country: Object.entries(root['x-enlace']?.countries ?? {}).find(([, ids]) => ids.includes(keyid))?.[0],
  })
  const ids = (
    root: RootContent | undefined,
    roles: readonly ('root' | 'targets' | 'timestamp' | 'snapshot')[],
  ) => new Set(roles.flatMap((role) => root?.roles[role].keyids ?? []))
  for (const [roles, added, removed] of [
    [['root', 'targets'], 'coordinator-added', 'coordinator-removed'],
    [['timestamp', 'snapshot'], 'registry-key-added', 'registry-key-removed'],
  ] as const) {
    const [was, is] = [ids(before, roles), ids(after, roles)]
    for (const keyid of is) if (!was.has(keyid)) changes.push({ what: added, ...about(after, keyid) })
    for (const keyid of was)
      if (before && !is.has(keyid)) changes.push({ what: removed, ...about(before, keyid) })
  }
  const [from, to] = [before?.roles.targets.threshold ?? 0, after.roles.targets.threshold]
  if (from !== to) changes.push({ what: 'threshold', from, to })
  return changes
}

function sorted(record: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(Object.entries(record ?? {}).sort())
}
