import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'

/**
 * What an account's Matrix profile says about its place in the network (client-server API v1.16, "Profiles":
 * custom fields). The account's own node sets both fields; a user may not edit them, and a node believes a
 * partner's value only for institutions the federation list places on that partner's server.
 */
export const profileFields = {
  institution: 'org.enlace.institution',
  role: 'org.enlace.role',
} as const

export const roles = {
  staff: { es: 'personal', en: 'staff' },
  coordinator: { es: 'coordinación', en: 'coordinator' },
  official: { es: 'oficial de turno', en: 'duty official' },
} as const satisfies Record<string, BilingualText>

export type Role = keyof typeof roles

export const roleSchema = z.enum(['staff', 'coordinator', 'official'])

/** An institution's key in the registry, e.g. `gt-renap`. */
export const institutionKeySchema = z
  .string()
  .max(64)
  .regex(/^[a-z]{2}(-[a-z0-9]+)+$/, 'must be a registry key such as gt-renap')

export const memberProfileSchema = z.object({
  [profileFields.institution]: institutionKeySchema.optional(),
  [profileFields.role]: roleSchema.optional(),
})

/** Reads the two fields out of a profile; a field that is absent or malformed is left undefined. */
export function readMemberProfile(profile: Record<string, unknown>): { institution?: string; role?: Role } {
  const institution = institutionKeySchema.safeParse(profile[profileFields.institution])
  const role = roleSchema.safeParse(profile[profileFields.role])
  return {
    ...(institution.success ? { institution: institution.data } : {}),
    ...(role.success ? { role: role.data } : {}),
  }
}

/** What a policy needs to know of an institution; the registry is where it comes from. */
export interface MemberInstitution {
  key: string
  kind: string
  /** ISO 3166-1 alpha-2: the country the institution acts for */
  country: string
}

/** A person as a policy sees one: undefined where the account carries no such field or it could not be believed. */
export interface Member {
  institution?: MemberInstitution
  role?: Role
}

/** What a node or client knows besides the profile, when it decides what of it to believe. */
export interface MemberSources {
  /** whether the federation list (for local accounts: the node's own configuration) places the institution on the account's server */
  hosts(institutionKey: string): boolean
  /** the registry's record of an institution */
  institution(key: string): MemberInstitution | undefined
}

/**
 * A member as policies may see one. An institution that the account's server does not host, or that the registry does
 * not know, is not believed, and neither is the role claimed with it.
 */
export function believedMember(profile: Record<string, unknown>, sources: MemberSources): Member {
  const { institution: key, role } = readMemberProfile(profile)
  if (!key || !sources.hosts(key)) return {}
  const institution = sources.institution(key)
  if (!institution) return {}
  return {
    institution: { key: institution.key, kind: institution.kind, country: institution.country },
    ...(role ? { role } : {}),
  }
}
