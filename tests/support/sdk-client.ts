/** A person's client in a test: matrix-js-sdk with its Rust crypto, as the web client uses it. */
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { createRealtimeTransport } from '@enlace/realtime/transport'
import {
  createClient,
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  type Room,
  RoomEvent,
} from 'matrix-js-sdk'
import { decodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { type Logger, logger as sdkLogger } from 'matrix-js-sdk/lib/logger.js'
import { keepGaps } from '../../apps/web/src/model/timeline/own-in-gap.ts'
import { eventually } from './network.ts'

export type TestPerson = {
  client: MatrixClient
  userId: string
  /** Text messages as decrypted, per room, in the order the timeline has them. */
  texts(roomId: string): { eventId: string; sender: string; body: string }[]
  stop(): void
}

export const quiet: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  getChild: () => quiet,
}

// Parts of the SDK write past the logger they are given, to one of their own.
const ownLogger = sdkLogger as unknown as { methodFactory(): () => void; rebuild(): void }
ownLogger.methodFactory = () => () => {}
ownLogger.rebuild()

/**
 * @param options.http plain HTTP sync, as any other Matrix client; otherwise over the realtime transport
 * @param options.recoveryKey of an account that has an identity: the device confirms itself with it
 */
export async function signIn(
  baseUrl: string,
  user: string,
  options: { http?: boolean; recoveryKey?: string } = {},
): Promise<TestPerson> {
  const { recoveryKey } = options
  const transport = options.http ? undefined : createRealtimeTransport({ baseUrl })
  const anonymous = createClient({ baseUrl, logger: quiet })
  const session = await anonymous.loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password: DEMO_PASSWORD,
    initial_device_display_name: 'test',
  })
  anonymous.stopClient()
  const client = createClient({
    baseUrl,
    userId: session.user_id,
    deviceId: session.device_id,
    accessToken: session.access_token,
    fetchFn: transport?.fetchFn,
    logger: quiet,
    timelineSupport: true,
    cryptoCallbacks: {
      getSecretStorageKey: async ({ keys }) => {
        const [id] = Object.keys(keys)
        return id === undefined || recoveryKey === undefined ? null : [id, decodeRecoveryKey(recoveryKey)]
      },
    },
  })
  await client.initRustCrypto({ useIndexedDB: false })
  const person = await followTexts(client, session.user_id, () => transport?.close())
  if (recoveryKey !== undefined) {
    await client.getCrypto()!.userHasCrossSigningKeys(session.user_id, true)
    await client.getCrypto()!.bootstrapCrossSigning({})
  }
  return person
}

/** Starts a client that is signed in, and follows what it reads. */
export async function followTexts(
  client: MatrixClient,
  userId: string,
  closed: () => void = () => {},
): Promise<TestPerson> {
  keepGaps(client)
  const undecrypted = new Set<MatrixEvent>()
  client.on(RoomEvent.Timeline, (event: MatrixEvent) => {
    if (event.isEncrypted() && !event.getClearContent()) undecrypted.add(event)
  })
  client.on(MatrixEventEvent.Decrypted, (event: MatrixEvent) => undecrypted.delete(event))
  await client.startClient({ initialSyncLimit: 50, lazyLoadMembers: false })
  await eventually(`first sync of ${userId}`, () => client.isInitialSyncComplete())
  return {
    client,
    userId,
    texts: (roomId) => textsOf(client.getRoom(roomId)),
    stop() {
      client.stopClient()
      closed()
    },
  }
}

function textsOf(room: Room | null): { eventId: string; sender: string; body: string }[] {
  if (!room) return []
  return room
    .getLiveTimeline()
    .getEvents()
    .filter((event) => event.getType() === 'm.room.message' && !event.isDecryptionFailure() && !event.status)
    .map((event) => ({
      eventId: event.getId()!,
      sender: event.getSender()!,
      body: String(event.getContent()['body']),
    }))
}

/** The room of a topic channel, once the client knows it. */
export async function channel(person: TestPerson, alias: string): Promise<string> {
  const { room_id } = await person.client.getRoomIdForAlias(alias)
  await eventually(`${person.userId} sees ${alias}`, () => person.client.getRoom(room_id) !== null)
  return room_id
}

/** Waits until one person's client knows a device of the other: a message sent before cannot be for it. */
export async function knowsDevicesOf(person: TestPerson, other: TestPerson): Promise<void> {
  const device = other.client.getDeviceId()!
  await eventually(`${person.userId} knows the device of ${other.userId}`, async () => {
    const devices = await person.client.getCrypto()!.getUserDeviceInfo([other.userId], true)
    return devices.get(other.userId)?.has(device)
  })
}
