/** Faces of sign-in with institutions' own OpenID Connect providers. */
import type { BilingualText } from '@enlace/directory/text'
import type { Role } from '../../accounts/models.ts'
import type { IdentityProvider } from './config.ts'

/** A provider as people are offered it. `away`: it did not answer when it was asked last. */
export type OfferedProvider = { id: string; name: BilingualText; away: boolean }

/** What a provider said of somebody, as far as it counts. */
export type ShownPerson = {
  issuer: string
  sub: string
  name?: string
  /** As the roster names them, or why there is no such name. */
  person: { localpart: string } | { fault: 'no_identifier' | 'unverified' | 'foreign_domain' }
  /** What the provider leaves them of their role; absent: all of it. None: they are not to come in. */
  roles?: Role[]
  /** It asserts a second factor, and its word counts for that. */
  factor: boolean
}

/** Why a sign-in through a provider ended without telling who it is. */
export type ProviderProblem = 'canceled' | 'away' | 'failed'

export type BackFromProvider = { provider: string; flow: string } & (
  | { shown: ShownPerson }
  | { problem: ProviderProblem }
)

/** Why somebody does not come in; each has its words (`pages/provider-words.ts`). */
export type ProviderRefusal =
  | 'no_identifier'
  | 'unverified'
  | 'foreign_domain'
  | 'not_listed'
  | 'roster_away'
  | 'no_role'
  | 'suspended'
  | 'closed'
  | 'no_account'
  | 'no_way'

/** Who it is that a provider showed. */
export type Decided =
  | { kind: 'person'; userId: string }
  /** An account that is there already: whoever it is of confirms once that they are the same. */
  | { kind: 'confirm'; userId: string }
  | { kind: 'refused'; why: ProviderRefusal; userId?: string; localpart?: string }

/** Where a sign-in through a provider comes from and goes back to. */
export type ProviderReturn = { flow: string; action: string; hidden: Readonly<Record<string, string>> }

export interface IdentityProviders {
  offered(): OfferedProvider[]
  /** Whether there is such a provider. */
  find(id: string): IdentityProvider | undefined
  /** @returns the provider's address; undefined when it does not answer */
  begin(
    provider: IdentityProvider,
    args: { base: string; browser: string; language: string; back: ProviderReturn },
  ): Promise<string | undefined>
  /**
   * What came back in the browser that went. Each answer counts once.
   * @returns the page to go on at; undefined when nobody went from this browser, or too long ago
   */
  finish(
    id: string,
    args: { browser: string | undefined; answer: URLSearchParams; network: string },
  ): Promise<string | undefined>
  /** Once, in the same browser, for the same sign-in. */
  taken(token: string, browser: string | undefined, flow: string): Promise<BackFromProvider | undefined>
  /** Who it is; makes the account of somebody on the signed roster. */
  decide(provider: IdentityProvider, shown: ShownPerson, network: string): Promise<Decided>
  /** What is carried while the person confirms that an account is theirs. */
  promise(
    provider: string,
    shown: ShownPerson,
    userId: string,
    browser: string,
    flow: string,
  ): Promise<string>
  /** They confirmed it. @returns false when that account was not meant, or it took too long */
  keepPromise(token: string, browser: string | undefined, flow: string, userId: string): Promise<boolean>
  /** Providers that somebody signs in with. */
  linksOf(userId: string): Promise<{ id: string; issuer: string; provider: string; sinceTs: number }[]>
  unlink(userId: string, id: string): Promise<boolean>
  /** The account is closed: what knew it is forgotten. */
  forget(userId: string): Promise<void>
}
