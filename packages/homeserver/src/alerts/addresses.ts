/**
 * Addresses are confirmed with a code before anything of a case is said to them: whoever writes a wrong one, or somebody
 * else's, tells a stranger nothing but that. A code goes by the channel it is for, counts for one address and a quarter of
 * an hour, and is spent after five attempts. How many are sent is limited for the person and for the address.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { limitExceeded, policyRefusal, refusal } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { addressOf } from './settings.ts'
import type {
  AddressChannel,
  AddressCodeDoc,
  Addresses,
  AlertModels,
  Clock,
  CodeSender,
  Settings,
} from './types.ts'

const CODE_MS = 15 * 60_000
const MAX_TRIES = 5
const PAUSE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** By one person on one channel. */
const PER_HOUR = 4
const PER_DAY = 10
/** To one address, whoever asks: nobody's telephone is made to ring with codes. */
const TO_ONE_PER_DAY = 6

const hash = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
const same = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

export function createAddresses(parts: {
  models: AlertModels
  settings: Settings
  clock: Clock
  senders: Partial<Record<AddressChannel, CodeSender>>
}): Addresses {
  const { settings, clock, senders } = parts
  const { Code } = parts.models
  const inTurn = createKeyedQueue()

  const idOf = (userId: string, channel: AddressChannel) => `${userId}|${channel}`
  const countOf = (address: string) => `to|${hash(address.toLowerCase())}`

  /** The address that waits for its code. */
  async function waiting(userId: string, channel: AddressChannel): Promise<string> {
    const kept = await settings.get(userId)
    const address = kept[addressOf[channel]]
    if (address === null || address === kept.confirmed[addressOf[channel]])
      throw refusal(400, 'M_INVALID_PARAM', nothing)
    return address
  }

  /** Of the last day; a clock that was ahead leaves nothing that lasts. */
  const lately = (doc: AddressCodeDoc | null, now: number) =>
    (doc?.sent ?? []).filter((ts) => ts > now - DAY_MS && ts <= now + PAUSE_MS)

  /** @throws M_LIMIT_EXCEEDED saying when the next is possible */
  function checkPause(sent: readonly number[], now: number): void {
    const last = sent.at(-1)
    if (last !== undefined && last > now - PAUSE_MS) throw limitExceeded(last + PAUSE_MS - now)
    const hour = sent.filter((ts) => ts > now - HOUR_MS)
    if (hour.length >= PER_HOUR) throw limitExceeded(hour[0]! + HOUR_MS - now)
    if (sent.length >= PER_DAY) throw limitExceeded(sent[0]! + DAY_MS - now)
  }

  async function count(id: string, sent: readonly number[], now: number, more = {}): Promise<void> {
    await Code.updateOne(
      { _id: id },
      { $set: { ...more, sent: [...sent, now], forget_ts: now + DAY_MS } },
      { upsert: true },
    )
  }

  /** Counted before it is sent, as it may arrive though no answer comes. @throws M_LIMIT_EXCEEDED */
  async function makeCode(userId: string, channel: AddressChannel, address: string) {
    const now = clock.now()
    const own = await Code.findById(idOf(userId, channel)).lean()
    const others = await Code.findById(countOf(address)).lean()
    const [sent, toIt] = [lately(own, now), lately(others, now)]
    checkPause(sent, now)
    if (toIt.length >= TO_ONE_PER_DAY) throw limitExceeded(toIt[0]! + DAY_MS - now)
    const code = String(randomInt(1_000_000)).padStart(6, '0')
    const salt = randomBytes(16).toString('base64url')
    const expires_ts = now + CODE_MS
    const bound = { address: hash(salt, address), code: hash(salt, code), salt }
    await count(countOf(address), toIt, now)
    await count(idOf(userId, channel), sent, now, { ...bound, tries: 0, made_ts: now, expires_ts })
    return { code, expires_ts, id: hash(userId, channel, salt).slice(0, 32) }
  }

  async function send(userId: string, channel: AddressChannel): Promise<{ expires_ts: number }> {
    const sender = senders[channel]
    if (!sender) throw refusal(400, 'M_INVALID_PARAM', off)
    const address = await waiting(userId, channel)
    // One after the other, whoever asks: an address is counted over all persons.
    const { code, expires_ts, id } = await inTurn('', () => makeCode(userId, channel, address))
    const outcome = await sender(address, code, id)
    if (outcome.result !== 'sent' && outcome.result !== 'delivered') throw refusal(502, 'M_UNKNOWN', unsent)
    return { expires_ts }
  }

  async function confirmNow(userId: string, channel: AddressChannel, code: string): Promise<void> {
    const address = await waiting(userId, channel)
    const now = clock.now()
    // Counted first: guesses at the same moment are as many as guesses one after the other.
    const doc = await Code.findOneAndUpdate(
      { _id: idOf(userId, channel), code: { $exists: true }, tries: { $lt: MAX_TRIES } },
      { $inc: { tries: 1 } },
      { returnDocument: 'after' },
    ).lean()
    const { salt = '', expires_ts = 0, made_ts = 0 } = doc ?? {}
    const alive = doc && now < expires_ts && now >= made_ts - PAUSE_MS
    if (!alive || !same(doc.address ?? '', hash(salt, address)))
      throw policyRefusal('alert-address.no-code', '', noCode)
    if (!same(doc.code ?? '', hash(salt, code))) {
      const left = MAX_TRIES - (doc.tries ?? MAX_TRIES)
      throw policyRefusal('alert-address.code', '', left > 0 ? wrong(left) : noCode)
    }
    await settings.confirm(userId, channel, address)
    // It is spent; what was sent still counts.
    await Code.updateOne({ _id: doc._id }, { $unset: { code: 1, salt: 1, address: 1 } })
  }

  return {
    send,
    confirm: (userId, channel, code) => inTurn(userId, () => confirmNow(userId, channel, code)),
    async removeAccount(userId) {
      await Code.deleteMany({ _id: { $in: [idOf(userId, 'email'), idOf(userId, 'webhook')] } })
    },
    async trim() {
      // Index {forget_ts}.
      await Code.deleteMany({ forget_ts: { $lt: clock.now() } })
    },
  }
}

const nothing = {
  es: 'No hay ninguna dirección nueva que confirmar en ese medio. Escríbala y guarde primero.',
  en: 'There is no new address to confirm for that channel. Write it and save first.',
}
const off = {
  es: 'Este nodo no ofrece ese canal de avisos. Consulte a quien lo administra.',
  en: 'This node does not offer that alert channel. Ask whoever runs it.',
}
const unsent = {
  es: 'El código no se pudo enviar ahora. Revise la dirección y pida otro en unos minutos.',
  en: 'The code could not be sent now. Check the address and ask for another in a few minutes.',
}
const noCode = {
  es: 'Ese código ya no vale: venció, se usó o hubo demasiados intentos. Pida otro.',
  en: 'That code no longer counts: it expired, was used, or there were too many attempts. Ask for another.',
}
const wrong = (left: number) => ({
  es: `El código no es ese. Revíselo y escríbalo otra vez; ${left === 1 ? 'queda 1 intento' : `quedan ${left} intentos`}.`,
  en: `That is not the code. Check it and write it again; ${left === 1 ? '1 attempt is' : `${left} attempts are`} left.`,
})
