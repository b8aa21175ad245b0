/** Where `oidc-provider` keeps codes and sign-ins that are under way. Tokens are the node's own (`accounts/tokens.ts`). */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Clock } from '../lib/clock.ts'
import type { OauthKeys } from './keys.ts'
import type { ArtifactDoc, OauthModels } from './models.ts'
import type { OauthClients } from './types.ts'

/** Nothing of these is kept: what a client gets are tokens of a session of the node. */
const NOT_KEPT = new Set(['AccessToken', 'RefreshToken', 'ClientCredentials'])
/** Of what the provider says no end: nothing here lasts longer than a sign-in. */
const LONGEST_S = 3_600

export function adapterFor(
  kind: string,
  {
    models: { Artifact },
    clients,
    keys,
    clock,
  }: { models: OauthModels; clients: OauthClients; keys: OauthKeys; clock: Clock },
): Adapter {
  const nameOf = (id: string) => `${kind}|${keys.hash(`${kind}|${id}`)}`
  const hashed = (what: string, value: unknown) =>
    typeof value === 'string' ? { [what]: keys.hash(`${kind}|${what}|${value}`) } : {}

  function payloadOf(doc: ArtifactDoc | null): AdapterPayload | undefined {
    if (!doc || doc.until <= clock.now()) return undefined
    const payload = keys.open(doc.sealed, doc._id) as AdapterPayload | undefined
    if (payload && doc.consumed_ts !== undefined) payload.consumed = Math.floor(doc.consumed_ts / 1000)
    return payload
  }

  return {
    async upsert(id, payload, expiresIn) {
      if (NOT_KEPT.has(kind)) return
      const _id = nameOf(id)
      const { consumed: _, ...kept } = payload
      await Artifact.updateOne(
        { _id },
        {
          $set: {
            sealed: keys.seal(kept, _id),
            until: clock.now() + Math.min(expiresIn ?? LONGEST_S, LONGEST_S) * 1000,
            ...hashed('grant', payload.grantId),
            ...hashed('user_code', payload.userCode),
            ...hashed('uid', payload.uid),
          },
        },
        { upsert: true },
      )
    },
    async find(id) {
      if (kind === 'Client') return clients.find(id)
      if (NOT_KEPT.has(kind)) return undefined
      return payloadOf(await Artifact.findById(nameOf(id)).lean())
    },
    async findByUserCode(code) {
      // Index {user_code}.
      return payloadOf(await Artifact.findOne(hashed('user_code', code)).lean())
    },
    async findByUid(uid) {
      // Index {uid}.
      return payloadOf(await Artifact.findOne(hashed('uid', uid)).lean())
    },
    async consume(id) {
      // Of two at the same moment one counts.
      const taken = await Artifact.updateOne(
        { _id: nameOf(id), consumed_ts: null },
        { $set: { consumed_ts: clock.now() } },
      )
      if (taken.modifiedCount !== 1) throw new errors.InvalidGrant('already consumed')
    },
    async destroy(id) {
      await Artifact.deleteOne({ _id: nameOf(id) })
    },
    async revokeByGrantId(grantId) {
      // Index {grant}. Codes stay until they end, so that one that comes again is known.
      await Artifact.updateMany(
        { ...hashed('grant', grantId), consumed_ts: null },
        { $set: { consumed_ts: clock.now() } },
      )
    },
  }
}
