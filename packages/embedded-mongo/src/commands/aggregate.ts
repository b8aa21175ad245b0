import { MongoError } from '../errors.ts'
import type { Command } from './command.ts'

export const aggregate: Command = {
  fields: [
    'pipeline',
    'cursor',
    'explain',
    'allowDiskUse',
    'bypassDocumentValidation',
    'hint',
    'let',
    'collation',
  ],
  writes: false,
  run() {
    throw new MongoError('NotImplemented', 'aggregate')
  },
}
