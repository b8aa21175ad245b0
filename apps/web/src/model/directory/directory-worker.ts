/** The worker itself: one desk, asked by messages. */
import { createDesk, type Desk } from './desk.ts'
import type { Asked, Told } from './worker-line.ts'

const here = globalThis as unknown as {
  postMessage(message: Told, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<Asked>) => void) | null
}

let desk: Desk | undefined

here.onmessage = ({ data: { id, userId, ask, with: given } }) => {
  desk ??= createDesk(userId)
  const method = desk[ask] as (...args: unknown[]) => Promise<unknown>
  method(...given).then(
    (answer) => here.postMessage({ id, answer }, transferable(answer)),
    (error: unknown) =>
      here.postMessage({ id, failed: error instanceof Error ? error.message : String(error) }),
  )
}

/** Long lists of numbers are handed over, not copied. */
function transferable(answer: unknown): Transferable[] {
  if (typeof answer !== 'object' || answer === null) return []
  return Object.values(answer).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  )
}
