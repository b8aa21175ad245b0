/** Arithmetic with MongoDB's types: int32 grows to int64, anything with a double is a double. */
import { Int32, int, type NumberValue, numeric } from '../bson/values.ts'
import { MongoError } from '../errors.ts'

const maxLong = 2n ** 63n - 1n
const minLong = -(2n ** 63n)

/** @throws BadValue when the result leaves int64 */
export function arithmetic(op: '$inc' | '$mul', a: NumberValue, b: NumberValue): NumberValue {
  if (typeof a === 'number' || typeof b === 'number') {
    const x = Number(numeric(a))
    const y = Number(numeric(b))
    return op === '$inc' ? x + y : x * y
  }
  const x = BigInt(numeric(a))
  const y = BigInt(numeric(b))
  const result = op === '$inc' ? x + y : x * y
  if (result > maxLong || result < minLong)
    throw new MongoError(
      'BadValue',
      `Failed to apply ${op} operations to current value: the result does not fit 64 bits`,
    )
  return a instanceof Int32 && b instanceof Int32 ? narrow(result) : result
}

/** int32 when it fits, int64 otherwise. */
export const narrow = (value: bigint): NumberValue =>
  value >= -2147483648n && value <= 2147483647n ? int(Number(value)) : value

export function bitwise(op: string, a: NumberValue, b: NumberValue): NumberValue {
  const x = BigInt(numeric(a))
  const y = BigInt(numeric(b))
  const result = BigInt.asIntN(64, op === 'and' ? x & y : op === 'or' ? x | y : x ^ y)
  return a instanceof Int32 && b instanceof Int32 ? int(Number(BigInt.asIntN(32, result))) : result
}
