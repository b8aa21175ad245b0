import { ClientEvent, type MatrixClient } from 'matrix-js-sdk'
import { silent } from '../../lib/silent.ts'
import type { KeyDesk, SealedNote } from './types.ts'

/** A bundle of a room with ten thousand sessions is about so large. */
const MAX_BUNDLE_BYTES = 8 * 1024 * 1024

/** What the SDK's encryption can do and its own interface does not offer. Nothing else here reaches behind that interface. */
type Bundle = {
  encryptedData: Uint8Array<ArrayBuffer>
  mediaEncryptionInfo: string | undefined
  free(): void
}
type Machine = {
  hasDownloadedAllRoomKeys(room: unknown): Promise<boolean>
  setHasDownloadedAllRoomKeys(room: unknown): Promise<void>
  trackedUsers(): Promise<Set<{ toString(): string }>>
  queryKeysForUsers(users: unknown[]): unknown
  exportRoomKeys(
    wanted: (session: { roomId: { toString(): string }; sessionId: string }) => boolean,
  ): Promise<string>
  buildRoomKeyBundle(room: unknown): Promise<Bundle | undefined>
  shareRoomKeyBundleData(
    user: unknown,
    room: unknown,
    url: string,
    info: string | undefined,
    strategy: unknown,
  ): Promise<unknown[]>
}
type Behind = {
  olmMachine: Machine
  backupManager: { downloadLatestRoomKeyBackup(roomId: string): Promise<void> }
  keyClaimManager: { ensureSessionsForUsers(logger: unknown, users: unknown[]): Promise<void> }
  outgoingRequestProcessor: { makeOutgoingRequest(request: unknown): Promise<void> }
  maybeAcceptKeyBundle(roomId: string, from: string): Promise<boolean>
}

export function createKeyDesk(
  client: MatrixClient,
  /** Uploads for members of the room alone. @returns its address */
  upload: (roomId: string, bytes: Uint8Array<ArrayBuffer>) => Promise<string>,
): KeyDesk {
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  const behind = crypto as unknown as Behind

  const signed = async (userId: string, deviceId: string): Promise<boolean> =>
    (await crypto.getDeviceVerificationStatus(userId, deviceId))?.signedByOwner === true

  async function queryKeys(userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return
    const { UserId } = await import('@matrix-org/matrix-sdk-crypto-wasm')
    const question = behind.olmMachine.queryKeysForUsers(userIds.map((one) => new UserId(one)))
    await behind.outgoingRequestProcessor.makeOutgoingRequest(question)
  }

  /** Of people in no room with this one the SDK keeps nothing: what their devices are signed with is asked for. */
  async function learn(userIds: readonly string[]): Promise<void> {
    const tracked = new Set([...(await behind.olmMachine.trackedUsers())].map(String))
    await queryKeys(userIds.filter((one) => !tracked.has(one)))
  }

  return {
    async devicesOf(userIds) {
      const found: { userId: string; deviceId: string }[] = []
      if (userIds.length === 0) return found
      await learn(userIds)
      for (const [userId, devices] of await crypto.getUserDeviceInfo([...userIds], true))
        for (const deviceId of devices.keys())
          if (await signed(userId, deviceId)) found.push({ userId, deviceId })
      return found
    },

    async senderOf({ sender, senderDevice, senderKey }) {
      const find = async () => {
        const devices = (await crypto.getUserDeviceInfo([sender], true)).get(sender)
        // Who is in no room with this person may have been unknown when it was decrypted: the key says which device it is.
        const deviceId =
          senderDevice ?? [...(devices ?? [])].find(([, one]) => one.getIdentityKey() === senderKey)?.[0]
        if (deviceId === undefined || devices?.get(deviceId)?.getIdentityKey() !== senderKey) return undefined
        return (await signed(sender, deviceId)) ? { userId: sender, deviceId } : undefined
      }
      const known = await find()
      if (known) return known
      // A device that was confirmed a moment ago is not known here as such yet: the server is asked anew.
      await queryKeys([sender])
      return find()
    },

    send: (type, devices, content) =>
      devices.length === 0 ? Promise.resolve() : client.encryptAndSendToDevice(type, [...devices], content),

    async give(roomId, userId) {
      const { CollectStrategy, RoomId, UserId } = await import('@matrix-org/matrix-sdk-crypto-wasm')
      const { olmMachine } = behind
      if (!(await olmMachine.hasDownloadedAllRoomKeys(new RoomId(roomId)))) {
        await behind.backupManager.downloadLatestRoomKeyBackup(roomId)
        await olmMachine.setHasDownloadedAllRoomKeys(new RoomId(roomId))
      }
      const bundle = await olmMachine.buildRoomKeyBundle(new RoomId(roomId))
      if (!bundle) return 'nothing'
      const bytes = bundle.encryptedData
      if (bytes.byteLength > MAX_BUNDLE_BYTES) return 'too_large'
      const url = await upload(roomId, bytes)
      // Somebody who was just invited is not followed here yet.
      await queryKeys([userId])
      await behind.keyClaimManager.ensureSessionsForUsers(silent, [new UserId(userId)])
      const requests = await olmMachine.shareRoomKeyBundleData(
        new UserId(userId),
        new RoomId(roomId),
        url,
        bundle.mediaEncryptionInfo,
        CollectStrategy.identityBasedStrategy(),
      )
      for (const request of requests) await behind.outgoingRequestProcessor.makeOutgoingRequest(request)
      return requests.length === 0 ? 'nothing' : 'given'
    },

    async sessionKey(roomId, sessionId) {
      const keys = await behind.olmMachine.exportRoomKeys(
        (one) => one.sessionId === sessionId && one.roomId.toString() === roomId,
      )
      return (JSON.parse(keys) as { session_key: string }[])[0]?.session_key
    },

    take: (roomId, from) => behind.maybeAcceptKeyBundle(roomId, from),

    onNote(listener) {
      const heard = (received: {
        message: { type: string; content: unknown; sender: string }
        encryptionInfo: {
          senderDevice?: string
          senderCurve25519KeyBase64?: string
        } | null
      }) => {
        const { message, encryptionInfo } = received
        if (!encryptionInfo?.senderCurve25519KeyBase64) return
        const note: SealedNote = {
          type: message.type,
          content: message.content,
          sender: message.sender,
          senderDevice: encryptionInfo.senderDevice,
          senderKey: encryptionInfo.senderCurve25519KeyBase64,
        }
        listener(note)
      }
      client.on(ClientEvent.ReceivedToDeviceMessage, heard as never)
      return () => client.off(ClientEvent.ReceivedToDeviceMessage, heard as never)
    },
  }
}
