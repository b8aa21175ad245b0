/** What the provider keeps: sealed, and under hashed names, so that a dump of the database opens nothing. */
import mongoose, { type Model } from 'mongoose'
import type { SignInWay } from '../accounts/models.ts'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { OauthClient } from './types.ts'

export type ArtifactDoc = {
  /** Kind and hashed name. */
  _id: string
  sealed: string
  /** Milliseconds; gone after that. */
  until: number
  consumed_ts?: number
  /** Hashed. */
  grant?: string
  user_code?: string
  uid?: string
}

export type ClientDoc = { _id: string; metadata: OauthClient; asked_ts: number }

export type ConsentDoc = {
  /** Grant, hashed. */
  _id: string
  user_id: string
  device_id: string
  client: string
  client_name: string
  with: SignInWay
  known: boolean
  until: number
}

/** A word given on a page for something that follows elsewhere. */
export type ApprovalDoc = { _id: string; until: number }

/** Who is somebody's at a provider of their institution. What the provider calls them is hashed into the name. */
export type LinkDoc = {
  _id: string
  user_id: string
  issuer: string
  provider: string
  since_ts: number
  /** Taken off: whoever the provider shows has to confirm again that the account is theirs. */
  ended_ts?: number
}

export interface OauthModels {
  Link: Model<LinkDoc>
  Artifact: Model<ArtifactDoc>
  Client: Model<ClientDoc>
  Consent: Model<ConsentDoc>
  Approval: Model<ApprovalDoc>
}

export async function openOauthModels(db: Database): Promise<OauthModels> {
  const artifacts = new mongoose.Schema<ArtifactDoc>(
    {
      _id: String,
      sealed: String,
      until: Number,
      consumed_ts: Number,
      grant: String,
      user_code: String,
      uid: String,
    },
    { versionKey: false },
  )
  artifacts.index({ until: 1 })
  artifacts.index({ grant: 1 })
  artifacts.index({ user_code: 1 })
  artifacts.index({ uid: 1 })
  const clients = new mongoose.Schema<ClientDoc>(
    { _id: String, metadata: Object, asked_ts: Number },
    { versionKey: false, minimize: false },
  )
  clients.index({ asked_ts: 1 })
  const consents = new mongoose.Schema<ConsentDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      client: String,
      client_name: String,
      with: String,
      known: Boolean,
      until: Number,
    },
    { versionKey: false },
  )
  consents.index({ user_id: 1 })
  consents.index({ until: 1 })
  const approvals = new mongoose.Schema<ApprovalDoc>({ _id: String, until: Number }, { versionKey: false })
  approvals.index({ until: 1 })
  const links = new mongoose.Schema<LinkDoc>(
    { _id: String, user_id: String, issuer: String, provider: String, since_ts: Number, ended_ts: Number },
    { versionKey: false },
  )
  links.index({ user_id: 1 })
  return {
    Link: await openModel(db, 'provider_links', links),
    Artifact: await openModel(db, 'oauth_artifacts', artifacts),
    Client: await openModel(db, 'oauth_clients', clients),
    Consent: await openModel(db, 'oauth_consents', consents),
    Approval: await openModel(db, 'oauth_approvals', approvals),
  }
}
