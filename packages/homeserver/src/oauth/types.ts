/** oauth/: the node as OAuth 2.0 provider (client-server API, "OAuth 2.0 API"). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import type { SignInWay } from '../accounts/models.ts'
import type { Language } from './pages/words.ts'
import type { IdentityProviders } from './providers/types.ts'

export type Incoming = IncomingMessage & { ip?: string; secure?: boolean }

/** A client as it is registered; `client_uri` has been looked at. */
export type OauthClient = {
  client_id: string
  client_name?: string
  client_uri: string
  logo_uri?: string
  tos_uri?: string
  policy_uri?: string
  redirect_uris: string[]
  response_types: 'code'[]
  grant_types: string[]
  token_endpoint_auth_method: 'none'
  application_type: 'web' | 'native'
}

/** What a person allowed on a page: the session begins with it when the client comes for its tokens. */
export type Consent = {
  grant: string
  userId: string
  deviceId: string
  client: string
  clientName: string
  way: SignInWay
  /** Whether the browser had signed in to the account before. */
  known: boolean
}

export interface OauthClients {
  /** The same metadata give the same id, so that nothing grows with sign-ins. @throws ClientRefused */
  register(metadata: unknown, address: string | undefined): Promise<OauthClient>
  find(id: string): Promise<OauthClient | undefined>
  trim(): Promise<void>
}

export interface Oauth {
  readonly clients: OauthClients
  /** Institutions' own OpenID Connect providers, by which people come in here. */
  readonly providers: IdentityProviders
  /** The address under which this node is reached, if OAuth is offered there. */
  baseOf(req: Incoming): string | undefined
  /** @throws M_UNRECOGNIZED where it is not offered */
  providerFor(req: Incoming): { base: string; provider: Provider }
  /** Answers what `oidc-provider` answers. */
  handle(req: Incoming, res: ServerResponse): Promise<void>
  /** The page of one's account, as far as this node knows its own address. */
  accountUrl(): string | undefined
  metadata(req: Incoming): Record<string, unknown>
  /** Persisted before the browser goes back to the client. */
  allow(consent: Consent): Promise<void>
  /** Whoever ends somebody's sessions ends what they allowed and nobody came for yet. */
  forgetAllowed(userId: string): Promise<void>
  /** A token for `m.login.token`, good once and for half a minute. */
  issueLoginToken(who: { userId: string; way: SignInWay; known: boolean }): Promise<string>
  takeLoginToken(token: string): Promise<{ userId: string; way: SignInWay; known: boolean } | undefined>
  /** The person said on the node's page that their identity may be made anew: good for ten minutes and one time. */
  approveReset(userId: string): Promise<void>
  takeResetApproval(userId: string): Promise<boolean>
  trim(): Promise<void>
}

/** A person in the midst of a sign-in page. */
export type PageCall = {
  req: Incoming
  res: ServerResponse
  signal: AbortSignal
  language: Language
  form: Readonly<Record<string, string>>
}
