import type { MatrixClient, UIAuthCallback } from 'matrix-js-sdk'
import {
  type CryptoCallbacks,
  CryptoEvent,
  decodeRecoveryKey,
  OnlySignedDevicesIsolationMode,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import { createStore, type ReadableStore, type Store } from '../../lib/store.ts'

/**
 * What stands between a person and the words of cryptography. The rule for keys: messages are readable only by devices
 * that their owner has confirmed, so a device that a server slips in reads nothing. A person is trusted as first seen;
 * when their identity changes, the people they write to are told before they go on.
 */
export type EncryptionState =
  | 'preparing'
  /** Ready, and the recovery key is kept somewhere by the person. */
  | 'ready'
  /** Ready, but without the recovery key a lost device means lost messages. */
  | 'unsaved'
  /** A new device: needs the recovery key, or a confirmation from another device. */
  | 'unconfirmed'
  | 'failed'

export interface Encryption {
  readonly state: ReadableStore<EncryptionState>
  /** The first key, made while signing in and shown once; undefined when there is none to show. */
  readonly firstKey: Store<string | undefined>
  /** After crypto and the first sync: sets up what is missing, silently where that is possible. */
  prepare(password?: string): Promise<void>
  /** Makes a new recovery key; the one before stops working. */
  newRecoveryKey(): Promise<string>
  /** The person says the key is safe. */
  confirmSaved(): Promise<void>
  /** Confirms this device with the recovery key and brings back older messages. */
  recover(typed: string): Promise<'ok' | 'malformed' | 'wrong_key'>
  /** Starts again without the old key: older messages stay unreadable, others are told the identity changed. */
  startAgain(password: string): Promise<void>
  /** People in these whose identity changed and was not accepted since. */
  changedIdentities(userIds: readonly string[]): Promise<string[]>
  acceptIdentity(userId: string): Promise<void>
  close(): void
}

/** Account data: whether the person has put the recovery key in a safe place. */
const SAVED_TYPE = 'org.enlace.recovery_key'
const savedSchema = z.object({ saved: z.boolean() })

export function createKeyCallbacks(): {
  callbacks: CryptoCallbacks
  use(key: Uint8Array<ArrayBuffer> | undefined): void
} {
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
  keys: ReturnType<typeof createKeyCallbacks>,
): Encryption {
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode())
  const state = createStore<EncryptionState>('preparing')
  const firstKey = createStore<string | undefined>(undefined)
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

  /** The flag as the server has it: sync may not have brought it yet. */
  async function saved(): Promise<boolean> {
    const content = await client.getAccountDataFromServer(SAVED_TYPE as never)
    const parsed = savedSchema.safeParse(content)
    return parsed.success && parsed.data.saved
  }
  const setSaved = (value: boolean) =>
    client.setAccountDataRaw(SAVED_TYPE as never, { saved: value } as never)

  async function deviceIsSigned(): Promise<boolean> {
    const status = await crypto!.getDeviceVerificationStatus(userId, client.getDeviceId()!)
    return status?.signedByOwner === true
  }

  async function settle(): Promise<void> {
    if (!(await deviceIsSigned())) {
      state.set('unconfirmed')
      return
    }
    const ready = await saved().catch(() => true)
    state.set(ready ? 'ready' : 'unsaved')
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
    return generated.encodedPrivateKey ?? ''
  }

  async function prepare(password?: string): Promise<void> {
    // What this device knows of itself counts until the server answers, which without a network it never does.
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
      // No connection, or the server refused. Known devices work on; prepare is called again with the next connection.
      state.set((await deviceIsSigned().catch(() => false)) ? 'ready' : 'failed')
    }
  }

  const onTrust = (changed: string) => {
    if (changed === userId && state.get() === 'unconfirmed') void settle()
  }
  const onDevices = (users: string[]) => {
    if (users.includes(userId) && state.get() === 'unconfirmed') void settle()
  }
  client.on(CryptoEvent.UserTrustStatusChanged, onTrust)
  client.on(CryptoEvent.DevicesUpdated, onDevices)

  return {
    state,
    firstKey,
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
    async recover(typed) {
      let key: Uint8Array<ArrayBuffer>
      try {
        key = decodeRecoveryKey(typed)
      } catch {
        return 'malformed'
      }
      const known = await client.secretStorage.getKey()
      if (!known || !(await client.secretStorage.checkKey(key, known[1]))) return 'wrong_key'
      keys.use(key)
      try {
        await crypto.bootstrapCrossSigning({})
        await crypto.loadSessionBackupPrivateKeyFromSecretStorage().catch(() => undefined)
        await crypto.checkKeyBackupAndEnable()
      } finally {
        keys.use(undefined)
      }
      await setSaved(true)
      await settle()
      // Older messages come in the background: the channel is usable meanwhile.
      void crypto.restoreKeyBackup().catch(() => undefined)
      return 'ok'
    },
    async startAgain(password) {
      await crypto.resetEncryption(passwordAuth(password))
      firstKey.set(await makeKey({ newBackup: false }))
      state.set('unsaved')
    },
    async changedIdentities(userIds) {
      const changed: string[] = []
      for (const one of userIds) {
        if (one === userId) continue
        if ((await crypto.getUserVerificationStatus(one)).needsUserApproval) changed.push(one)
      }
      return changed
    },
    acceptIdentity: (one) => crypto.pinCurrentUserIdentity(one),
    close() {
      client.off(CryptoEvent.UserTrustStatusChanged, onTrust)
      client.off(CryptoEvent.DevicesUpdated, onDevices)
    },
  }
}
