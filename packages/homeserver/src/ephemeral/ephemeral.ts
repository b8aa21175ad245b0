import type { Context } from '../context.ts'
import { createPresence } from './presence.ts'
import { createReceipts } from './receipts.ts'
import type { Ephemeral } from './types.ts'
import { createTyping } from './typing.ts'

/** Receipts, typing and presence: what passes, and is told to partners as EDUs. */
export async function createEphemeral(ctx: Context): Promise<Ephemeral> {
  const receipts = await createReceipts(ctx)
  const typing = createTyping(ctx)
  const presence = createPresence(ctx)
  return {
    setTyping: typing.set,
    typing: typing.get,
    setReceipt: receipts.setLocal,
    receiptsSince: receipts.since,
    readUpTo: receipts.readUpTo,
    readersOf: receipts.readersOf,
    presence: async (userIds) => presence.events(userIds),
    presenceOf: presence.contentOf,
    setPresence: presence.set,

    async receiveEdu(origin, { edu_type, content }) {
      if (edu_type === 'm.typing') await typing.receive(origin, content)
      else if (edu_type === 'm.receipt') await receipts.receive(origin, content)
      else if (edu_type === 'm.presence') await presence.receive(origin, content)
    },

    close() {
      typing.close()
      presence.close()
    },
  }
}
