/** The worker itself: one desk, asked by messages. */
import { keepNothing, sealUnder } from '../../lib/sealed-store.ts'
import { createDesk, type Desk } from './desk.ts'
import type { Asked, Keeping, Told } from './worker-line.ts'

const here = globalThis as unknown as {
  postMessage(message: Told, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<Asked>) => void) | null
}

let desk: Promise<Desk> | undefined

async function start(userId: string, { seal, volatile }: Keeping): Promise<Desk> {
  if (volatile) keepNothing()
  else await sealUnder(seal)
  return createDesk(userId)
}

here.onmessage = ({ data: { id, userId, ask, with: given, keeping } }) => {
  desk ??= start(userId, keeping)
  const answered = desk.then((opened) => (opened[ask] as (...args: unknown[]) => Promise<unknown>)(...given))
  answered.then(
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
