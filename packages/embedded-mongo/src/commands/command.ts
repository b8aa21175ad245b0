/** What a command is, and the checks every command shares. */

import { type Doc, isDoc, isNumber, numeric, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import type { Command, CommandContext } from './types.ts'

const generic = new Set([
  '$db',
  'lsid',
  'txnNumber',
  '$clusterTime',
  '$readPreference',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'autocommit',
  'startTransaction',
  '$audit',
  '$client',
  '$configServerState',
  'mayBypassWriteBlocking',
])

/** @throws 40415 unknown field, IllegalOperation (20) transactions, and refusals of concerns this server cannot meet */
export function checkGeneric(name: string, command: Command, body: Doc): void {
  const known = new Set(command.fields)
  let first = true
  for (const field of body.keys()) {
    if (!first && !generic.has(field) && !known.has(field))
      throw new LocationError(40415, `BSON field '${name}.${field}' is an unknown field.`)
    first = false
  }
  // What a standalone server answers; drivers know it.
  if (body.has('startTransaction') || body.has('autocommit'))
    throw new MongoError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    )
  if (body.has('txnNumber') && !command.retryable)
    throw new MongoError('InvalidOptions', `txnNumber is not allowed with ${name}`)
  checkReadConcern(body.get('readConcern'))
  checkWriteConcern(body.get('writeConcern'))
  const version = body.get('apiVersion')
  if (version !== undefined && version !== '1') throw new LocationError(322, `API version must be "1"`)
}

function checkReadConcern(concern: Value | undefined): void {
  if (concern === undefined) return
  if (!isDoc(concern)) throw new MongoError('TypeMismatch', 'readConcern must be an object')
  for (const [name, value] of concern) {
    if (name === 'level' && ['local', 'available', 'majority', 'linearizable'].includes(value as string))
      continue
    // What is committed here is on disk and is all there is: these levels are the same.
    if (name === 'provenance') continue
    throw new MongoError('InvalidOptions', `readConcern ${name} is not supported by this server`)
  }
}

function checkWriteConcern(concern: Value | undefined): void {
  if (concern === undefined) return
  if (!isDoc(concern)) throw new MongoError('TypeMismatch', 'writeConcern must be an object')
  for (const [name, value] of concern) {
    if (name === 'w') {
      if (value === 'majority' || (isNumber(value) && Number(numeric(value)) <= 1)) continue
      throw new MongoError('UnsatisfiableWriteConcern', 'Not enough data-bearing nodes')
    }
    if (!['j', 'wtimeout', 'fsync', 'provenance'].includes(name))
      throw new MongoError('FailedToParse', `writeConcern has no field ${name}`)
  }
}

/** Only the binary comparison is known here. */
export function checkCollation(collation: Value | undefined): void {
  if (collation === undefined) return
  if (!isDoc(collation)) throw new MongoError('TypeMismatch', 'collation must be an object')
  const locale = collation.get('locale')
  if (collation.size > 0 && locale !== 'simple')
    throw new MongoError('InvalidOptions', 'collations other than simple are not supported by this server')
}

export function stringField(context: CommandContext, field: string): string {
  const value = context.body.get(field)
  if (typeof value !== 'string')
    throw new MongoError('InvalidNamespace', `collection name has invalid type for ${context.name}`)
  return value
}

/** The collection a command names in its own field. */
export const collectionName = (context: CommandContext): string => {
  const name = stringField(context, context.body.keys().next().value as string)
  if (name === '' || name.includes('\0') || name.startsWith('.'))
    throw new MongoError('InvalidNamespace', `Invalid namespace specified '${context.db}.${name}'`)
  return name
}

export function docField(body: Doc, field: string): Doc | undefined {
  const value = body.get(field)
  if (value === undefined || value === null) return undefined
  if (!isDoc(value))
    throw new MongoError('TypeMismatch', `BSON field '${field}' is the wrong type, expected type 'object'`)
  return value
}

export function boolField(body: Doc, field: string): boolean {
  const value = body.get(field)
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  if (isNumber(value)) return Number(numeric(value)) !== 0
  throw new MongoError('TypeMismatch', `BSON field '${field}' is the wrong type, expected type 'bool'`)
}

/** A whole number that is not negative. */
export function countField(body: Doc, field: string): number | undefined {
  const value = body.get(field)
  if (value === undefined || value === null) return undefined
  const number = isNumber(value) ? Number(numeric(value)) : Number.NaN
  if (Number.isNaN(number))
    throw new MongoError('TypeMismatch', `BSON field '${field}' is the wrong type, expected a number`)
  if (number < 0)
    throw new LocationError(51024, `BSON field '${field}' value must be >= 0, actual value '${number}'`)
  return Math.trunc(number)
}

/** Fields that would change the meaning if they were ignored. */
export function refuseFields(body: Doc, fields: readonly string[]): void {
  for (const field of fields) {
    const value = body.get(field)
    if (value === undefined || value === false || value === null || (isDoc(value) && value.size === 0))
      continue
    throw new MongoError('NotImplemented', `the option '${field}' is not implemented by this server`)
  }
}
