/** Sums as MongoDB makes them: whole numbers exactly, doubles with what each addition loses carried along. */
import { Int32, type NumberValue, numeric } from '../bson/values.ts'
import { narrow } from '../update/numbers.ts'

export class Sum {
  #whole = 0n
  #wholeType: 'int' | 'long' = 'int'
  #high = 0
  #low = 0
  /** infinities and NaN, which would spoil the parts above */
  #special = 0
  #doubles = false

  add(value: NumberValue): void {
    if (typeof value !== 'number') {
      if (!(value instanceof Int32)) this.#wholeType = 'long'
      this.#whole += BigInt(numeric(value))
      return
    }
    this.#doubles = true
    this.#addDouble(value)
  }

  #addDouble(value: number): void {
    if (!Number.isFinite(value)) {
      this.#special += value
      return
    }
    // Knuth's two-sum: `lost` is exactly what `sum` could not hold.
    const sum = this.#high + value
    const shift = sum - this.#high
    const lost = this.#high - (sum - shift) + (value - shift)
    this.#high = sum
    this.#low += lost
  }

  /** int32 while all are and it fits, then int64; a double once one was among them, or beyond int64. */
  total(): NumberValue {
    if (this.#doubles) return this.double()
    if (BigInt.asIntN(64, this.#whole) !== this.#whole) return Number(this.#whole)
    return this.#wholeType === 'int' ? narrow(this.#whole) : this.#whole
  }

  double(): number {
    if (this.#special !== 0) return this.#special
    if (!Number.isFinite(this.#high)) return this.#high
    const near = Number(this.#whole)
    const result = new Sum()
    result.#high = this.#high
    result.#low = this.#low
    result.#addDouble(near)
    result.#low += Number(this.#whole - BigInt(near))
    return result.#high + result.#low
  }
}
