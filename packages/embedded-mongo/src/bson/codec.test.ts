import { BSON, type Document } from 'bson'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { document } from '../test-values.ts'
import { decodeDoc } from './decode.ts'
import { encodeDoc } from './encode.ts'
import { identicalValues } from './values.ts'

describe('BSON', () => {
  test('what is encoded decodes to the same', () => {
    fc.assert(
      fc.property(document, (doc) => {
        expect(identicalValues(decodeDoc(encodeDoc(doc)), doc)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('bytes agree with the bson package', () => {
    fc.assert(
      fc.property(document, (doc) => {
        const bytes = encodeDoc(doc)
        const theirs = BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true, useBigInt64: false })
        // Names such as "0" change their place in a plain object: only then may the bytes differ.
        const numeric =
          /[ab c]?\0?[01]\0/.test(bytes.toString('latin1')) && JSON.stringify(theirs).match(/"[01]":/)
        if (!numeric) expect(Buffer.from(BSON.serialize(theirs as Document)).equals(bytes)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('damaged bytes are refused, never misread and never slow', () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.nat(255), fc.boolean(), (doc, at, byte, cut) => {
        const bytes = Buffer.from(encodeDoc(new Map([...doc, ['z', 'text']])))
        if (cut) {
          expect(() => decodeDoc(bytes.subarray(0, at % bytes.length))).toThrow()
          return
        }
        bytes[at % bytes.length] = byte
        try {
          decodeDoc(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          expect(String(error)).not.toMatch(/RangeError|TypeError/)
        }
      }),
      { numRuns: 5000 },
    )
  })
})
