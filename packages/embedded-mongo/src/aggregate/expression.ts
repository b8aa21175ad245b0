import type { Doc, Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'

export function compileCondition(_expression: Value): (doc: Doc) => boolean {
  throw new MongoError('NotImplemented', '$expr is not implemented by this server')
}
export function compileExpression(_expression: Value): (doc: Doc) => Value | undefined {
  throw new MongoError('NotImplemented', 'expressions are not implemented by this server')
}
