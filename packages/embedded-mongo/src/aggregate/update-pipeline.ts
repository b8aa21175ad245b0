import type { Doc, Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'

export function pipelineUpdate(_stages: Value[]): (doc: Doc) => Doc {
  throw new MongoError('NotImplemented', 'updates with a pipeline are not implemented by this server')
}
