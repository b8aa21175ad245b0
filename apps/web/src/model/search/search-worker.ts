/** The worker itself: one desk, asked by messages, in the order they came. */
import { createSearchDesk } from './search-desk.ts'
import type { DeskAsked, DeskTold } from './search-line.ts'

const here = globalThis as unknown as {
  postMessage(message: DeskTold): void
  onmessage: ((event: MessageEvent<DeskAsked>) => void) | null
}
const desk = createSearchDesk()
let last: Promise<unknown> = Promise.resolve()

here.onmessage = ({ data: { id, ask, with: given } }) => {
  const answered = last.then(() => (desk[ask] as (given: unknown) => Promise<unknown>)(given))
  last = answered.catch(() => undefined)
  answered.then(
    (answer) => here.postMessage({ id, answer }),
    (error: unknown) =>
      here.postMessage({ id, failed: error instanceof Error ? error.message : String(error) }),
  )
}
