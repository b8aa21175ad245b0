/** Updates with a pipeline: stages that change one document. */
import { type Doc, isDoc, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { pause } from '../pace.ts'
import { compileStage } from './stages.ts'

const allowed = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'])

export function pipelineUpdate(stages: Value[]): (doc: Doc) => Doc {
  const compiled = stages.map((stage) => {
    const name = isDoc(stage) ? stage.keys().next().value : undefined
    if (name !== undefined && !allowed.has(name))
      throw new MongoError('InvalidOptions', `${name} is not allowed to be used within an update`)
    return compileStage(stage, () => undefined)
  })
  return (doc) => {
    let current = doc
    for (const stage of compiled) {
      let given = false
      const output = stage({
        next() {
          if (given) return undefined
          given = true
          return { doc: current }
        },
        park: () => 0,
      })
      const item = output.next()
      // Stages that are allowed here change one document and never pause.
      if (item !== undefined && item !== pause) current = item.doc
    }
    return current
  }
}
