/** Keeps this device's copy of the directory as new as the network allows. */
import { failureOf, RequestError } from '../../lib/failure.ts'
import { ENLACE } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { Tokens } from '../session/types.ts'
import type { Desk, Known } from './desk.ts'
import type { DeviceDirectory, DirectoryState } from './types.ts'

interface Parts {
  baseUrl: string
  tokens: Pick<Tokens, 'ensureFresh' | 'current'>
  desk: Desk & { close(): void }
  fetch?: typeof fetch
  now?: () => number
}

export function createDeviceDirectory({ baseUrl, tokens, desk, ...parts }: Parts): DeviceDirectory {
  const send = parts.fetch ?? ((input, init) => fetch(input, init))
  const now = parts.now ?? Date.now
  const state = createStore<DirectoryState>({ phase: 'opening', refreshing: false, version: 0 })
  let known: Known | undefined
  let running: Promise<void> | undefined
  let isClosed = false

  function adopt(next: Known, isNew: boolean): void {
    known = next
    state.update(({ failure: _, ...before }) => ({
      ...before,
      phase: 'ready',
      copy: next.copy,
      version: before.version + (isNew ? 1 : 0),
    }))
  }

  async function ask(modifiedAfter: string | undefined): Promise<Response> {
    await tokens.ensureFresh().catch(() => undefined)
    const query = modifiedAfter ? `?modified_after=${encodeURIComponent(modifiedAfter)}` : ''
    return send(`${baseUrl}${ENLACE}/directory/copy${query}`, {
      headers: {
        Authorization: `Bearer ${tokens.current()}`,
        ...(known ? { 'If-None-Match': known.etag } : {}),
      },
      cache: 'no-store',
    })
  }

  async function fetchNew(): Promise<void> {
    let response = await ask(known?.lastChange)
    if (response.status === 304) {
      const confirmed = await desk.confirm(now())
      if (confirmed) adopt(confirmed, false)
      return
    }
    if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
    let taken = await desk.take(await response.arrayBuffer(), response.headers.get('etag') ?? '', now())
    if (taken === 'not_whole') {
      known = undefined
      response = await ask(undefined)
      if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
      taken = await desk.take(await response.arrayBuffer(), response.headers.get('etag') ?? '', now())
    }
    if (taken === 'not_whole') throw new RequestError(500, undefined)
    adopt(taken, true)
  }

  async function run(): Promise<void> {
    state.update((before) => ({ ...before, refreshing: true }))
    try {
      if (!known) {
        const opened = await desk.open()
        if (opened && !isClosed) adopt(opened, true)
      }
      await fetchNew()
    } catch (error) {
      const isAbsent = error instanceof RequestError && [404, 405].includes(error.httpStatus)
      state.update((before) => ({
        ...before,
        failure: failureOf(error),
        ...(before.phase === 'ready' ? {} : { phase: isAbsent ? 'absent' : 'none' }),
      }))
    } finally {
      state.update((before) => ({ ...before, refreshing: false }))
    }
  }

  return {
    state,
    refresh() {
      if (isClosed) return Promise.resolve()
      running ??= run().finally(() => {
        running = undefined
      })
      return running
    },
    find: desk.find,
    rows: desk.rows,
    entry: desk.entry,
    asGiven: desk.asGiven,
    facets: desk.facets,
    copy: desk.copy,
    close() {
      isClosed = true
      desk.close()
    },
  }
}
