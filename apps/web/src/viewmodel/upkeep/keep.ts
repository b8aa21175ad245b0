import type { BookEvent } from '@enlace/directory/upkeep'
import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import type { EntrySigner } from '../../model/upkeep/types.ts'
import { type Acted, type Book, createUpkeepApi } from '../../model/upkeep/upkeep-api.ts'
import { actorFor, signedResult } from './signing.ts'
import type { KeepModel, KeepState } from './types.ts'

/** Confirming an entry and deciding about it. What was done is seen at once, as the node has it now. */
export function createKeep(
  session: Pick<Session, 'request' | 'userId'>,
  key: string,
  signer?: EntrySigner,
): KeepModel {
  const api = createUpkeepApi(session.request)
  let closed = false
  const state = createStore<KeepState>({ answer: undefined, maySign: false })
  const set = (fields: Partial<KeepState>) => !closed && state.set({ ...state.get(), ...fields })

  async function load(): Promise<void> {
    try {
      const answer = await api.entry(key)
      const { book } = answer
      const maySign =
        book?.keeping === 'here' || (book?.keeping === 'signed' && (await signer?.holds(key)) === true)
      set({ answer, maySign, loadFailure: undefined })
    } catch (error) {
      set({ loadFailure: failureOf(error) })
    }
  }

  /** One thing at a time; what others did meanwhile is there afterwards too. */
  async function act(
    busy: string,
    done: NonNullable<KeepState['done']>,
    work: (book: Book) => Promise<Acted>,
  ): Promise<void> {
    const { answer, busy: other } = state.get()
    if (other !== undefined || !answer?.book) return
    set({ busy, failure: undefined, done: undefined })
    try {
      const { state: how } = await work(answer.book)
      await load()
      set({ busy: undefined, done: how === 'waiting' ? 'waiting' : done })
    } catch (error) {
      await load()
      set({ busy: undefined, failure: failureOf(error) })
    }
  }

  const actor = () => actorFor(session.userId, key, state.get().answer?.may.decide ? 'coordinator' : 'staff')
  void load()
  return {
    state,
    load,
    confirm: (groups) =>
      act(groups[0] ?? '', 'confirmed', async (book) => {
        const at = book.now
        const events = groups.map((group): BookEvent => ({ type: 'confirm', group, by: actor(), at }))
        return api.confirm(key, { at, groups, ...(await signedResult(signer, book, events)) })
      }),
    sign: () =>
      act('sign', 'confirmed', async (book) => {
        const { publication } = await signedResult(signer, book, [])
        return api.publish(key, publication)
      }),
    accept: ({ id }) =>
      act(id, 'accepted', async (book) => {
        const at = book.now
        const signed = await signedResult(signer, book, [{ type: 'accept', id, by: actor(), at }])
        return api.accept(key, id, { at, confirm: [], ...signed })
      }),
    decline: ({ id }, reason) => act(id, 'declined', () => api.decline(key, id, reason)),
    close() {
      closed = true
    },
  }
}
