import { ClientEvent, type MatrixClient, type MatrixEvent, type UIAuthCallback } from 'matrix-js-sdk'
import {
  CryptoEvent,
  decodeRecoveryKey,
  OnlySignedDevicesIsolationMode,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import { createStore } from '../../lib/store.ts'
import { backUpNow, backUpSoon } from './key-backup.ts'
import { openWithPasskey, type PasskeySeal, passkeySealSchema, sealWithPasskey } from './passkey-seal.ts'
import type { Encryption, EncryptionState, Keeping, KeyAct, KeyCallbacks, RecoveryWay } from './types.ts'

/** Account data: whether the person has put the recovery key in a safe place. */
const SAVED_TYPE = 'org.enlace.recovery_key'
/** Account data: the recovery key, encrypted with what only a passkey of the person can work out. */
const PASSKEY_TYPE = 'org.enlace.recovery_passkey'
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
    told({ act: 'recovery_made' })
    return generated.encodedPrivateKey ?? ''
  }

  async function prepare(password?: string): Promise<void> {
    // Until the server answers (never, without a network) we go by what this device knows of itself.
    if (state.get() === 'preparing' && (await deviceIsSigned().catch(() => false))) state.set('ready')
    try {
      await crypto!.getUserDeviceInfo([userId], true)
      const hasIdentity = await crypto!.userHasCrossSigningKeys(userId, true)
      if (!hasIdentity) {
        await crypto!.bootstrapCrossSigning({ authUploadDeviceSigningKeys: passwordAuth(password) })
        firstKey.set(await makeKey({ newBackup: true }))
        state.set('unsaved')
        return
      }
      await settle()
    } catch {
      // No connection, or the server refused. A known device goes on working; `prepare` is called again at the next connection.
      state.set((await deviceIsSigned().catch(() => false)) ? 'ready' : 'failed')
    }
  }

  let adopting = false
  /** Also the other way: when the account started again elsewhere, this device is not confirmed any more. */
  const look = () => {
    const now = state.get()
    if (!adopting && now !== 'preparing' && now !== 'failed') void settle().catch(() => undefined)
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
    prepare,
    async newRecoveryKey() {
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
      } finally {
        adopting = false
        keys.use(undefined)
      }
      told({ act: 'recovery_made' })
      firstKey.set(generated.encodedPrivateKey ?? '')
      state.set('unsaved')
    },
    close() {
      client.off(ClientEvent.AccountData, onAccountData)
      client.off(CryptoEvent.UserTrustStatusChanged, onTrust)
      client.off(CryptoEvent.DevicesUpdated, onDevices)
    },
  }
}
