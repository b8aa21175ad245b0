/** What partners said about their people, so that a node that starts while they are away still knows them. */
import { Schema } from 'mongoose'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { PersonDoc, PersonModel } from './types.ts'

/** What was not said again for so long is forgotten. */
const KEPT_S = 7 * 24 * 3_600

export async function openPersonModel(db: Database): Promise<PersonModel> {
  const schema = new Schema<PersonDoc>(
    { _id: String, institution: String, role: String, at: Date },
    { versionKey: false },
  )
  schema.index({ at: 1 }, { expireAfterSeconds: KEPT_S })
  return openModel(db, 'policy_persons', schema)
}
