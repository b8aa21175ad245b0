/** What is kept of people's factors: no secret in clear, no code that could be used. */
import mongoose, { type Model } from 'mongoose'
import { openModel } from '../../storage/db.ts'
import type { Database } from '../../storage/types.ts'

export type FactorDoc = {
  /** User id. */
  _id: string
  /** What passkeys call the person: random, so that a key's maker learns no user id. */
  handle: string
  totp?: {
    /** Sealed under the node's factor key. */
    secret: string
    since_ts: number
    /** The thirty seconds whose code was used last: none up to it counts again. */
    last_step: number
  }
  /** A secret that was shown and whose app has not given a code yet. */
  draft?: { secret: string; made_ts: number }
  recovery?: { codes: string[]; made_ts: number }
  /** When the person was first asked for a factor that their role must have. */
  asked_ts?: number
}

export type PasskeyDoc = {
  /** Credential id, base64url. */
  _id: string
  user_id: string
  /** COSE key, base64url. */
  public_key: string
  counter: number
  transports: string[]
  name: string
  synced: boolean
  created_ts: number
  last_used_ts?: number
}

/** An answered challenge: it is not answered twice. */
export type AnsweredDoc = { _id: string; until: number }

/** What an institution demands of its people's devices; `_id` is its key. */
export type LockRuleDoc = { _id: string; required: 'no' | 'shared' | 'always'; idle_minutes?: number }

export interface FactorModels {
  LockRule: Model<LockRuleDoc>
  Factor: Model<FactorDoc>
  Passkey: Model<PasskeyDoc>
  Answered: Model<AnsweredDoc>
}

export async function openFactorModels(db: Database): Promise<FactorModels> {
  const factors = new mongoose.Schema<FactorDoc>(
    {
      _id: String,
      handle: String,
      totp: new mongoose.Schema({ secret: String, since_ts: Number, last_step: Number }, { _id: false }),
      draft: new mongoose.Schema({ secret: String, made_ts: Number }, { _id: false }),
      recovery: new mongoose.Schema({ codes: [String], made_ts: Number }, { _id: false }),
      asked_ts: Number,
    },
    { versionKey: false },
  )
  const passkeys = new mongoose.Schema<PasskeyDoc>(
    {
      _id: String,
      user_id: String,
      public_key: String,
      counter: Number,
      transports: [String],
      name: String,
      synced: Boolean,
      created_ts: Number,
      last_used_ts: Number,
    },
    { versionKey: false },
  )
  passkeys.index({ user_id: 1, created_ts: 1 })
  const answered = new mongoose.Schema<AnsweredDoc>({ _id: String, until: Number }, { versionKey: false })
  answered.index({ until: 1 })
  const rules = new mongoose.Schema<LockRuleDoc>(
    { _id: String, required: String, idle_minutes: Number },
    { versionKey: false },
  )
  return {
    LockRule: await openModel(db, 'lock_rules', rules),
    Factor: await openModel(db, 'second_factors', factors),
    Passkey: await openModel(db, 'passkeys', passkeys),
    Answered: await openModel(db, 'answered_challenges', answered),
  }
}
