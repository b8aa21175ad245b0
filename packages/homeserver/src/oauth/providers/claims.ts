/** What a provider says of somebody, read as what it is: a stranger's text, of which little counts. */
import type { Role } from '../../accounts/models.ts'
import { localpartFrom } from '../../accounts/user-ids.ts'
import { tidyName } from '../../people/names.ts'
import type { IdentityProvider } from './config.ts'
import type { ShownPerson } from './types.ts'

type Claims = Readonly<Record<string, unknown>>

/** OpenID Connect Core, section 2. */
const MAX_SUB = 255
const MAX_NAME = 100
const MAX_LISTED = 500

function claimAt(claims: Claims, path: string): unknown {
  // Some providers have names with dots in them, as addresses.
  if (Object.hasOwn(claims, path)) return claims[path]
  let at: unknown = claims
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Claims)[step]
  }
  return at
}

/** Whether everything that is asked of the provider is there; otherwise its userinfo is asked. */
export const isWhole = (provider: IdentityProvider, claims: Claims): boolean =>
  claimAt(claims, provider.person.claim) !== undefined &&
  (!provider.roles || claimAt(claims, provider.roles.claim) !== undefined)

/** @returns undefined when it names nobody */
export function readClaims(
  provider: IdentityProvider,
  claims: Claims,
  serverName: string,
): ShownPerson | undefined {
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUB) return undefined
  const name = typeof claims['name'] === 'string' ? tidyName(claims['name'].slice(0, 1_000)) : ''
  const roles = rolesIn(provider, claims)
  return {
    issuer: provider.issuer,
    sub,
    ...(name === '' || name.length > MAX_NAME ? {} : { name }),
    person: personIn(provider, claims, serverName),
    ...(roles ? { roles } : {}),
    factor: provider.second_factor === 'provider' && assertsFactor(provider, claims),
  }
}

function personIn(provider: IdentityProvider, claims: Claims, serverName: string): ShownPerson['person'] {
  const { claim, domains } = provider.person
  const value = claimAt(claims, claim)
  if (typeof value !== 'string' || value.length > 255) return { fault: 'no_identifier' }
  const at = value.lastIndexOf('@')
  // A mail address counts when the provider has looked at it; where it names people otherwise, when it does not say it has not.
  const verified = claims['email_verified']
  if (claim === 'email' ? verified !== true : at >= 0 && verified !== undefined && verified !== true)
    return { fault: 'unverified' }
  if (claim === 'email' && at < 0) return { fault: 'no_identifier' }
  if (at >= 0 && !domains.includes(value.slice(at + 1).toLowerCase())) return { fault: 'foreign_domain' }
  try {
    return { localpart: localpartFrom(at < 0 ? value : value.slice(0, at), serverName) }
  } catch {
    return { fault: 'no_identifier' }
  }
}

function rolesIn({ roles }: IdentityProvider, claims: Claims): Role[] | undefined {
  if (!roles) return undefined
  const listed = claimAt(claims, roles.claim)
  const values = (Array.isArray(listed) ? listed : [listed]).slice(0, MAX_LISTED)
  const found = values.flatMap((value) =>
    typeof value === 'string' && Object.hasOwn(roles.values, value) ? [roles.values[value]!] : [],
  )
  if (found.length === 0) return roles.otherwise === 'refuse' ? [] : ['staff']
  return [...new Set<Role>([...found, 'staff'])]
}

/** The provider's word, for values that the operator named; nothing else in it counts as a second factor. */
function assertsFactor({ sufficient }: IdentityProvider, claims: Claims): boolean {
  const { amr, acr } = claims
  const methods = Array.isArray(amr) ? amr.slice(0, MAX_LISTED) : []
  return (
    methods.some((one) => typeof one === 'string' && sufficient.amr.includes(one)) ||
    (typeof acr === 'string' && sufficient.acr.includes(acr))
  )
}
