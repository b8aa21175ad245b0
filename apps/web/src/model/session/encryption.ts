import { ClientEvent, type MatrixClient, type MatrixEvent, type UIAuthCallback } from 'matrix-js-sdk'
import {
  CryptoEvent,
  decodeRecoveryKey,
  OnlySignedDevicesIsolationMode,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import { createBackoff } from '../../lib/backoff.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import { backUpNow, backUpSoon } from './key-backup.ts'
import { openWithPasskey, type PasskeySeal, passkeySealSchema, sealWithPasskey } from './passkey-seal.ts'
import type { Encryption, EncryptionState, Keeping, KeyAct, KeyCallbacks, RecoveryWay } from './types.ts'

/** Account data: whether the person has put the recovery key in a safe place. */
const SAVED_TYPE = 'org.enlace.recovery_key'
/** Account data: the recovery key, encrypted with what only a passkey of the person can work out. */
const PASSKEY_TYPE = 'org.enlace.recovery_passkey'
/** In `facts`, from before this device makes the account's first keys until all that belongs to them is with the server. */
const FIRST_KEYS = 'first_keys'
const savedSchema = z.object({
  saved: z.boolean(),
  /** since when the person has no key that they keep */
  since: z.number().optional().catch(undefined),
  /** how often it was put off */
  later: z.number().int().min(0).optional().catch(undefined),
})

export function createKeyCallbacks(): KeyCallbacks {
  let held: Uint8Array<ArrayBuffer> | undefined
  return {
    use(key) {
      held = key
    },
    callbacks: {
      getSecretStorageKey: async ({ keys }) => {
        const id = Object.keys(keys)[0]
        return held && id !== undefined ? [id, held] : null
      },
      cacheSecretStorageKey: (_id, _info, key) => {
        held = key
      },
    },
  }
}

export function createEncryption(
  client: MatrixClient,
  keys: KeyCallbacks,
  database: Pick<OwnDatabase, 'get' | 'put' | 'remove'>,
  /** For the node's log of acts; nothing waits for it. */
  told: (act: KeyAct) => void = () => undefined,
): Encryption {
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  void backUpSoon()
  crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode())
  const state = createStore<EncryptionState>('preparing')
  const firstKey = createStore<string | undefined>(undefined)
  const keeping = createStore<Keeping>({ later: 0 })
  const kept = createStore<boolean | undefined>(undefined)
  const completing = createStore(false)
  const userId = client.getSafeUserId()

  const passwordAuth =
    (password: string | undefined): UIAuthCallback<void> =>
    async (makeRequest) => {
      try {
        await makeRequest(null)
      } catch (error) {
        const flow = z
          .object({ data: z.object({ session: z.string(), flows: z.unknown() }) })
          .safeParse(error)
        if (!flow.success || password === undefined) throw error
        await makeRequest({
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: userId },
          password,
          session: flow.data.data.session,
        })
      }
    }

  /** What this device said last, until sync brings what holds for all. */
  let saidHere: boolean | undefined
  async function saved(): Promise<boolean> {
    if (saidHere !== undefined) return saidHere
    const content = await client.getAccountDataFromServer(SAVED_TYPE as never)
    const parsed = savedSchema.safeParse(content)
    kept.set(parsed.success && parsed.data.saved)
    if (!parsed.success) return false
    const { since, later = 0 } = parsed.data
    keeping.set({ later, ...(since === undefined ? {} : { since }) })
    return parsed.data.saved
  }
  async function setSaved(value: boolean): Promise<void> {
    // A new key in place of one that was never kept does not begin the time anew.
    const { since = Date.now(), later } = keeping.get()
    const next = value ? { later: 0 } : { since, later }
    await client.setAccountDataRaw(SAVED_TYPE as never, { saved: value, ...next } as never)
    keeping.set(next)
    saidHere = value
    kept.set(value)
  }
  async function passkeySeal(): Promise<PasskeySeal | undefined> {
    const parsed = passkeySealSchema.safeParse(await client.getAccountDataFromServer(PASSKEY_TYPE as never))
    return parsed.success ? parsed.data : undefined
  }

  async function deviceIsSigned(): Promise<boolean> {
    const status = await crypto!.getDeviceVerificationStatus(userId, client.getDeviceId()!)
    return status?.signedByOwner === true
  }

  let settling = 0
  /** What looks are still under way say of it comes too late. */
  function decide(next: EncryptionState): void {
    settling += 1
    state.set(next)
  }
  /** Of several that run at once the one that began last counts: it has seen the most. */
  async function settle(): Promise<void> {
    settling += 1
    const mine = settling
    const signed = await deviceIsSigned()
    const ready = signed && (await saved().catch(() => true))
    if (mine !== settling) return
    state.set(signed ? (ready ? 'ready' : 'unsaved') : 'unconfirmed')
  }

  async function makeKey(options: { newBackup: boolean }): Promise<string> {
    const generated = await crypto!.createRecoveryKeyFromPassphrase()
    await setSaved(false)
    try {
      await crypto!.bootstrapSecretStorage({
        createSecretStorageKey: async () => generated,
        setupNewSecretStorage: true,
        setupNewKeyBackup: options.newBackup,
      })
    } finally {
      keys.use(undefined)
    }
    await database.remove('facts', [FIRST_KEYS]).catch(() => undefined)
    told({ act: 'recovery_made' })
    return generated.encodedPrivateKey ?? ''
  }

  const isUnfinished = async () => (await database.get('facts', FIRST_KEYS).catch(() => undefined)) === true

  /**
   * A new identity, and this device signed with it: what reading and writing need. The rest is `complete`'s.
   * @returns false when the account has an identity that is another device's
   */
  async function firstIdentity(password: string | undefined, unfinished: boolean): Promise<boolean> {
    // What this device made may never have reached the server, which alone knows.
    const exists = unfinished
      ? (await client.downloadKeysForUsers([userId])).master_keys?.[userId] !== undefined
      : await crypto!.userHasCrossSigningKeys(userId, true)
    if (!exists) {
      await database.put('facts', FIRST_KEYS, true).catch(() => undefined)
      await crypto!.bootstrapCrossSigning({
        setupNewCrossSigning: true,
        authUploadDeviceSigningKeys: passwordAuth(password),
      })
      return true
    }
    if (!unfinished) return false
    // Forgets the private keys when the server's identity is not the one they belong to.
    await crypto!.userHasCrossSigningKeys(userId, true)
    const { privateKeysCachedLocally: own } = await crypto!.getCrossSigningStatus()
    if (!own.masterKey || !own.selfSigningKey) {
      await database.remove('facts', [FIRST_KEYS]).catch(() => undefined)
      return false
    }
    if (!(await deviceIsSigned())) await crypto!.crossSignDevice(client.getDeviceId()!)
    return true
  }

  async function prepare(password?: string, synced?: Promise<unknown>): Promise<void> {
    const unfinished = await isUnfinished()
    // Until the server answers (never, without a network) we go by what this device knows of itself.
    if (state.get() === 'preparing' && (await deviceIsSigned().catch(() => false)))
      state.set(unfinished ? 'unsaved' : 'ready')
    try {
      if (unfinished) await synced
      if (await firstIdentity(password, unfinished)) {
        completing.set(true)
        kept.set(false)
        decide('unsaved')
        return
      }
      if (synced) {
        await synced
        // By now the library follows the own account, and takes in what it asks.
        if (!(await deviceIsSigned())) await crypto!.userHasCrossSigningKeys(userId, true)
      }
      await settle()
    } catch {
      // No connection, or the server refused. A known device goes on working; `prepare` is called again at the next connection.
      const signed = await deviceIsSigned().catch(() => false)
      state.set(!signed ? 'failed' : (await isUnfinished()) ? 'unsaved' : 'ready')
    }
  }

  let running: Promise<string | undefined> | undefined
  /** Somebody asked for the key while it was being made: it is given to them instead of shown. */
  let asked = false
  let adopting = false
  let closed = false
  const backoff = createBackoff(2_000, 60_000)
  let again: ReturnType<typeof setTimeout> | undefined

  /** @returns undefined when nothing is left to do, or the identity is not this device's any more */
  async function completeOnce(): Promise<string | undefined> {
    if (['preparing', 'failed'].includes(state.get()) || !(await isUnfinished())) return undefined
    completing.set(true)
    // What the library thinks of this device says nothing yet: it takes the new signature in with what the server answers here.
    if (!(await firstIdentity(undefined, true))) {
      await settle()
      return undefined
    }
    // A backup whose key was not kept before the page was closed opens for nobody.
    const [backup, key] = await Promise.all([
      crypto!.getKeyBackupInfo(),
      crypto!.getSessionBackupPrivateKey(),
    ])
    const made = await makeKey({ newBackup: backup === null || key === null })
    if (!asked) firstKey.set(made)
    decide('unsaved')
    return made
  }

  function complete(): Promise<string | undefined> {
    clearTimeout(again)
    running ??= completeOnce()
      .then(
        (made) => {
          backoff.reset()
          completing.set(false)
          return made
        },
        () => {
          if (!closed) again = setTimeout(() => void complete(), backoff.next())
          return undefined
        },
      )
      .finally(() => {
        running = undefined
        asked = false
      })
    return running
  }

  /**
   * Also the other way: when the account started again elsewhere, this device is not confirmed any more. While the first keys are
   * being made, whoever makes them looks.
   */
  const look = () => {
    const now = state.get()
    if (adopting || completing.get() || now === 'preparing' || now === 'failed') return
    void settle().catch(() => undefined)
  }
  const onTrust = (changed: string) => {
    if (changed === userId) look()
  }
  const onDevices = (users: string[]) => {
    if (users.includes(userId)) look()
  }
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() !== SAVED_TYPE) return
    saidHere = undefined
    look()
  }
  client.on(ClientEvent.AccountData, onAccountData)
  client.on(CryptoEvent.UserTrustStatusChanged, onTrust)
  client.on(CryptoEvent.DevicesUpdated, onDevices)

  async function typedKey(typed: string): Promise<Uint8Array<ArrayBuffer> | 'malformed' | 'wrong_key'> {
    let key: Uint8Array<ArrayBuffer>
    try {
      key = decodeRecoveryKey(typed)
    } catch {
      return 'malformed'
    }
    const known = await client.secretStorage.getKey()
    return known && (await client.secretStorage.checkKey(key, known[1])) ? key : 'wrong_key'
  }

  async function recover(
    typed: string,
    way: RecoveryWay = 'sheet',
  ): Promise<'ok' | 'malformed' | 'wrong_key'> {
    const key = await typedKey(typed)
    if (typeof key === 'string') return key
    keys.use(key)
    try {
      await crypto!.bootstrapCrossSigning({})
      await crypto!.loadSessionBackupPrivateKeyFromSecretStorage().catch(() => undefined)
      await crypto!.checkKeyBackupAndEnable()
    } finally {
      keys.use(undefined)
    }
    told({ act: 'recovery_used', way })
    await setSaved(true)
    await settle()
    // Older messages are fetched in the background, so that the channel can be used at once.
    void crypto!.restoreKeyBackup().catch(() => undefined)
    return 'ok'
  }

  return {
    state,
    firstKey,
    keeping,
    kept,
    askKept: async () => void (await saved()),
    completing,
    prepare,
    async complete() {
      await complete()
    },
    async newRecoveryKey() {
      if (running) {
        asked = true
        const made = await running
        if (made !== undefined) return made
      }
      const backup = await crypto.getActiveSessionBackupVersion()
      const key = await makeKey({ newBackup: backup === null })
      state.set('unsaved')
      return key
    },
    async confirmSaved() {
      await setSaved(true)
      firstKey.set(undefined)
      state.set('ready')
    },
    recover,
    backUp: () => backUpNow(client),
    async putOff() {
      if (state.get() !== 'unsaved') return
      const { since = Date.now(), later } = keeping.get()
      const next = { since, later: later + 1 }
      keeping.set(next)
      await client.setAccountDataRaw(SAVED_TYPE as never, { saved: false, ...next } as never)
    },
    async keepWithPasskey(recoveryKey) {
      const seal = await sealWithPasskey(userId, recoveryKey)
      if (typeof seal === 'string') return seal
      await client.setAccountDataRaw(PASSKEY_TYPE as never, seal as never)
      return 'ok'
    },
    hasPasskey: async () => (await passkeySeal()) !== undefined,
    async recoverWithPasskey() {
      const seal = await passkeySeal()
      const opened = seal && (await openWithPasskey(userId, seal))
      if (opened === undefined) return 'wrong_key'
      return 'cancelled' in opened ? 'cancelled' : recover(opened.secret, 'passkey')
    },
    async withSecrets(typed, work) {
      const key = await typedKey(typed)
      if (typeof key === 'string') return { ok: false, reason: key }
      keys.use(key)
      try {
        const value = await work({
          get: (name) => client.secretStorage.get(name as never),
          store: (name, secret) => client.secretStorage.store(name as never, secret),
        })
        return { ok: true, value }
      } finally {
        keys.use(undefined)
      }
    },
    async adopt({ masterKey, seeds }) {
      await running
      await crypto.userHasCrossSigningKeys(userId, true)
      const known = await crypto.getUserCrossSigningKeys(userId)
      if (Object.values(known?.master_key?.keys ?? {})[0] !== masterKey)
        throw new Error('The server does not have the new identity.')
      const generated = await crypto.createRecoveryKeyFromPassphrase()
      await setSaved(false)
      adopting = true
      try {
        await crypto.bootstrapSecretStorage({
          createSecretStorageKey: async () => generated,
          setupNewSecretStorage: true,
        })
        const { secretStorage } = client
        await secretStorage.store('m.cross_signing.master', seeds.master)
        await secretStorage.store('m.cross_signing.self_signing', seeds.selfSigning)
        await secretStorage.store('m.cross_signing.user_signing', seeds.userSigning)
        // Takes them from there, and signs this device.
        await crypto.bootstrapCrossSigning({})
        await crypto.resetKeyBackup()
        await database.remove('facts', [FIRST_KEYS]).catch(() => undefined)
      } finally {
        adopting = false
        keys.use(undefined)
      }
      told({ act: 'recovery_made' })
      firstKey.set(generated.encodedPrivateKey ?? '')
      state.set('unsaved')
    },
    close() {
      closed = true
      clearTimeout(again)
      client.off(ClientEvent.AccountData, onAccountData)
      client.off(CryptoEvent.UserTrustStatusChanged, onTrust)
      client.off(CryptoEvent.DevicesUpdated, onDevices)
    },
  }
}
