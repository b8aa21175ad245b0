/** The `identity_providers` keys of a node's configuration: institutions' own OpenID Connect providers. */

import { inBoth } from '@enlace/directory/both-languages'
import { z } from 'zod'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
const name = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{C}<>]+$/u, inBoth('debe ser texto sin formato', 'must be plain text'))

/** Names within names: `realm_access.roles`. */
const claim = z
  .string()
  .max(200)
  .regex(
    /^[^\s.]+(\.[^\s.]+)*$/,
    inBoth(
      'debe ser el nombre de un dato (claim), o un camino como realm_access.roles',
      'must be the name of a claim, or a path such as realm_access.roles',
    ),
  )

const issuer = z.url().refine(
  (value) => {
    const url = URL.parse(value)
    if (url?.search !== '' || url.hash !== '' || url.username !== '') return false
    return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))
  },
  {
    message: inBoth(
      'debe ser la dirección https de un proveedor, sin parámetros',
      'must be the https address of one provider, without query',
    ),
  },
)

const role = z.enum(['staff', 'coordinator', 'official'])
const domain = z
  .string()
  .regex(
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
    inBoth(
      'debe ser un dominio en minúsculas, como salud.example.org',
      'must be a domain in lower case, such as salud.example.org',
    ),
  )

export const identityProviderSchema = z
  .strictObject({
    /** In addresses, and what the provider sends people back to: keep it. */
    id: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9-]{0,39}$/,
        inBoth('solo letras de la a a la z, cifras y -', 'must be of a to z, digits and -'),
      ),
    name: z.union([
      name.transform((both) => ({ es: both, en: both })),
      z.strictObject({ es: name, en: name }),
    ]),
    /** Whose people it knows, and of nobody else: a key of `institutions`. */
    institution: z.string().min(1),
    issuer,
    client_id: z.string().min(1).max(200),
    client_secret: z.string().min(1).max(1_000).optional(),
    client_secret_file: z.string().min(1).optional(),
    /** Name of the variable of the environment. */
    client_secret_env: z
      .string()
      .regex(
        /^[A-Z_][A-Z0-9_]*$/,
        inBoth(
          'debe ser el nombre de una variable, en mayúsculas',
          'must be the name of a variable, in capitals',
        ),
      )
      .optional(),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
      .min(1)
      .max(20)
      .default(['openid', 'profile', 'email']),
    /** What names somebody as the roster does. Only one that people cannot change by themselves; `domains`: what may follow an @. */
    person: z
      .strictObject({
        claim: claim.default('preferred_username'),
        domains: z.array(domain).max(20).default([]),
      })
      .prefault({}),
    /** Roles by what a claim lists. They take away from what the roster says, and add nothing. */
    roles: z
      .strictObject({
        claim,
        values: z.record(z.string().max(200), role),
        /** Whoever has none of them: staff at most, or not let in. */
        otherwise: z.enum(['staff', 'refuse']).default('staff'),
      })
      .optional(),
    /** `roster`: accounts are made for people on the signed roster. `existing`: none are made. */
    accounts: z.enum(['roster', 'existing']).default('roster'),
    /** Whether what the provider asserts (`sufficient`) stands for Enlace's own second step. */
    second_factor: z.enum(['ours', 'provider']).default('ours'),
    sufficient: z
      .strictObject({
        amr: z.array(z.string().min(1).max(100)).max(20).default([]),
        acr: z.array(z.string().min(1).max(200)).max(20).default([]),
      })
      .prefault({}),
    /** What the provider is asked to do with whoever is signed in to it already. Google knows no `login`. */
    prompt: z.enum(['login', 'select_account', 'off']).default('login'),
    clock_tolerance_s: z.number().int().min(0).max(300).default(30),
  })
  .superRefine((one, refine) => {
    const problem = (path: string, message: string) =>
      refine.addIssue({ code: 'custom', path: [path], message })
    const secrets = [one.client_secret, one.client_secret_file, one.client_secret_env]
    if (secrets.filter((given) => given !== undefined).length > 1)
      problem(
        'client_secret',
        inBoth(
          'ponga solo uno de client_secret, client_secret_file y client_secret_env',
          'give one of client_secret, client_secret_file and client_secret_env',
        ),
      )
    if (!one.scopes.includes('openid'))
      problem('scopes', inBoth('debe contener openid', 'must contain openid'))
    if (one.person.claim === 'email' && one.person.domains.length === 0)
      problem(
        'person',
        inBoth(
          'domains: hace falta donde a las personas se las conoce por su correo',
          'domains: needed where people are known by their mail address',
        ),
      )
    const { amr, acr } = one.sufficient
    if (one.second_factor === 'provider' && amr.length + acr.length === 0)
      problem(
        'sufficient',
        inBoth(
          'diga qué valores de amr o acr equivalen a un segundo paso',
          'name the amr or acr values that stand for a second factor',
        ),
      )
  })
export type IdentityProvider = z.output<typeof identityProviderSchema>

export const identityProvidersSchema = z
  .array(identityProviderSchema)
  .max(20)
  .default([])
  .refine(
    (all) => new Set(all.map(({ id }) => id)).size === all.length,
    inBoth('cada id una sola vez', 'each id once'),
  )
