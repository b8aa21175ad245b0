import type { MatrixClient } from 'matrix-js-sdk'
import {
  CryptoEvent,
  type ShowSasCallbacks,
  VerificationPhase,
  type VerificationRequest,
  VerificationRequestEvent,
  VerifierEvent,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import { createStore } from '../../lib/store.ts'
import type { Verification, VerificationState } from './types.ts'

const SAS = 'm.sas.v1'
const MAX_ASKED = 6

/** Asks this person's other devices to confirm this one. */
export async function askOtherDevices(client: MatrixClient): Promise<Verification> {
  const request = await client.getCrypto()!.requestOwnUserVerification()
  return follow(request, true)
}

/** Asks one other device of this person, which has just been let in, to be confirmed. */
export async function askNewDevice(client: MatrixClient, deviceId: string): Promise<Verification> {
  const userId = client.getSafeUserId()
  return follow(await client.getCrypto()!.requestDeviceVerification(userId, deviceId), true)
}

/**
 * Asks another person to compare: each device that they have confirmed, since they may be at any of them. The first that
 * accepts is gone on with. @returns undefined when there is no such device
 */
export async function askPerson(client: MatrixClient, userId: string): Promise<Verification | undefined> {
  const crypto = client.getCrypto()!
  const devices = (await crypto.getUserDeviceInfo([userId], true)).get(userId)
  const requests: VerificationRequest[] = []
  for (const deviceId of devices?.keys() ?? []) {
    const status = await crypto.getDeviceVerificationStatus(userId, deviceId)
    if (status?.signedByOwner && requests.length < MAX_ASKED)
      requests.push(await crypto.requestDeviceVerification(userId, deviceId))
  }
  if (requests.length === 0) return undefined
  const state = createStore<VerificationState>({ step: 'waiting' })
  const followed = requests.map((request) => follow(request, true))
  let chosen: Verification | undefined
  const look = () => {
    chosen ??= followed.find((one) => !['waiting', 'cancelled'].includes(one.state.get().step))
    if (chosen) {
      for (const one of followed) if (one !== chosen) void one.cancel()
      state.set(chosen.state.get())
    } else if (followed.every((one) => one.state.get().step === 'cancelled')) state.set({ step: 'cancelled' })
  }
  for (const one of followed) one.state.subscribe(look)
  look()
  return {
    state,
    accept: async () => undefined,
    answer: async (same) => chosen?.answer(same),
    async cancel() {
      for (const one of followed) await one.cancel()
    },
  }
}

/**
 * Calls back when something changed in what is known of this person's devices or identity: one that could not be asked
 * may have confirmed a device meanwhile. @returns the unsubscribe function
 */
export function watchDevices(client: MatrixClient, userId: string, onChange: () => void): () => void {
  const updated = (users: string[]) => users.includes(userId) && onChange()
  const trust = (changed: string) => changed === userId && onChange()
  client.on(CryptoEvent.DevicesUpdated, updated)
  client.on(CryptoEvent.UserTrustStatusChanged, trust)
  return () => {
    client.off(CryptoEvent.DevicesUpdated, updated)
    client.off(CryptoEvent.UserTrustStatusChanged, trust)
  }
}

/** Calls back for each request by another device of this person, or by another person. @returns the unsubscribe function */
export function watchRequests(
  client: MatrixClient,
  onRequest: (verification: Verification, from: string | undefined) => void,
): () => void {
  const listen = (request: VerificationRequest) => {
    if (request.initiatedByMe || request.phase !== VerificationPhase.Requested) return
    if (request.isSelfVerification) onRequest(follow(request, false), undefined)
    // Strangers ask nothing.
    else if (isColleague(client, request.otherUserId)) onRequest(follow(request, false), request.otherUserId)
  }
  client.on(CryptoEvent.VerificationRequestReceived, listen)
  // A device that has just come in is asked while its page is still being put together.
  for (const request of client
    .getCrypto()
    ?.getVerificationRequestsToDeviceInProgress(client.getSafeUserId()) ?? [])
    listen(request)
  return () => client.off(CryptoEvent.VerificationRequestReceived, listen)
}

const isColleague = (client: MatrixClient, userId: string): boolean =>
  client
    .getRooms()
    .some((room) => room.getMyMembership() === 'join' && room.getMember(userId)?.membership === 'join')

function follow(request: VerificationRequest, mine: boolean): Verification {
  const state = createStore<VerificationState>({ step: mine ? 'waiting' : 'incoming' })
  let sas: ShowSasCallbacks | undefined
  let started = false

  function verify(): void {
    const verifier = request.verifier
    if (!verifier || started) return
    started = true
    const show = (callbacks: ShowSasCallbacks) => {
      sas = callbacks
      state.set({ step: 'compare', emoji: callbacks.sas.emoji ?? [] })
    }
    verifier.on(VerifierEvent.ShowSas, show)
    const already = verifier.getShowSasCallbacks()
    if (already) show(already)
    verifier.verify().then(
      () => state.set({ step: 'done' }),
      () => state.set({ step: 'cancelled' }),
    )
  }

  async function update(): Promise<void> {
    if (request.phase === VerificationPhase.Cancelled) state.set({ step: 'cancelled' })
    else if (request.phase === VerificationPhase.Done) state.set({ step: 'done' })
    else if (request.phase === VerificationPhase.Ready && mine && !started) {
      try {
        await request.startVerification(SAS)
        verify()
      } catch {
        state.set({ step: 'cancelled' })
      }
    } else if (request.phase === VerificationPhase.Started) verify()
  }
  request.on(VerificationRequestEvent.Change, () => void update())
  void update()

  return {
    state,
    async accept() {
      state.set({ step: 'waiting' })
      await request.accept()
    },
    async answer(same) {
      if (!sas) return
      if (!same) {
        sas.mismatch()
        state.set({ step: 'cancelled' })
        return
      }
      state.set({ step: 'other' })
      await sas.confirm()
    },
    async cancel() {
      const { step } = state.get()
      if (step !== 'done' && step !== 'cancelled') await request.cancel().catch(() => undefined)
    },
  }
}
