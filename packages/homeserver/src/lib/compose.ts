/**
 * One list of parts makes a whole: each is opened in the list's order, may use those before it at once and those after
 * it later, and is closed in reverse. Whoever needs another part in one place (a test, the demo network) names it.
 */

/** How each part is opened. The order of the keys is the order of opening. */
export type Parts<T> = { readonly [K in keyof T]: (whole: T) => T[K] | Promise<T[K]> }

/** Parts to be opened in another way; `standard` opens the usual one, to be wrapped. */
export type Overrides<T> = {
  readonly [K in keyof T]?: (whole: T, standard: () => Promise<T[K]>) => T[K] | Promise<T[K]>
}

export type Composed<T> = {
  whole: T
  close(): Promise<void>
  /** Closes one part and opens it again, as if it alone had crashed; `meanwhile` runs while it is closed. */
  reopen(name: keyof T & string, meanwhile?: () => Promise<void>): Promise<void>
}

type Closable = { close(): unknown }
const closable = (part: unknown): part is Closable =>
  typeof part === 'object' && part !== null && 'close' in part && typeof part.close === 'function'

/** @throws what a part threw, after those that were open are closed again */
export async function compose<T extends object>(
  parts: Parts<T>,
  overrides: Overrides<T> = {},
): Promise<Composed<T>> {
  const names = Object.keys(parts) as (keyof T & string)[]
  // Filled part by part; until a part is there, asking for it is a mistake in the order and says so.
  const whole = Object.defineProperties(
    {} as T,
    Object.fromEntries(names.map((name) => [name, missing(name)])),
  )
  const opened: { name: keyof T & string; part: unknown }[] = []

  async function close(): Promise<void> {
    const failures: unknown[] = []
    for (const { part } of opened.splice(0).reverse()) {
      try {
        if (closable(part)) await part.close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  async function open(name: keyof T & string): Promise<unknown> {
    const standard = async () => parts[name](whole)
    const override = overrides[name]
    const part = await (override ? override(whole, standard) : standard())
    Object.defineProperty(whole, name, { value: part, enumerable: true, writable: false })
    return part
  }

  async function reopen(name: keyof T & string, meanwhile = async () => {}): Promise<void> {
    const place = opened.find((one) => one.name === name)
    if (!place) throw new Error(`"${name}" is not open.`)
    if (closable(place.part)) await place.part.close()
    await meanwhile()
    place.part = await open(name)
  }

  try {
    for (const name of names) opened.push({ name, part: await open(name) })
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
  return { whole, close, reopen }
}

const missing = (name: string): PropertyDescriptor => ({
  configurable: true,
  enumerable: true,
  get() {
    throw new Error(`"${name}" was asked for before it was opened: it comes later in the list of parts.`)
  },
})

/** Opened when the first of several parts asks for it. */
export function shared<A, T>(open: (from: A) => T): (from: A) => T {
  let made: { value: T } | undefined
  return (from) => {
    made ??= { value: open(from) }
    return made.value
  }
}
