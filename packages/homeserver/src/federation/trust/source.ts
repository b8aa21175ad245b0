/** Where a node gets what is signed from: the registry and its mirrors, and the folder it keeps the last verified copy in. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FederationListKeeper, FileRequest, UpdateVerdict } from '@enlace/trust'
import { request } from 'undici'
import type { Context } from '../../context.ts'
import { readCapped } from '../discovery.ts'

const TIMEOUT_MS = 15_000
/** Told to wait a moment, a node waits: its first copy of a large network is many files. */
const MAX_WAITS = 30
const WAIT_MS = 1_000

/** One registry, or a mirror of it. */
export interface TrustHost {
  /** for people: host and port */
  name: string
  /** @returns undefined when it has no such file @throws Error when it does not answer */
  fetchFile(wanted: FileRequest & { networkOnly?: boolean }): Promise<Uint8Array | undefined>
  /** @throws Error when it does not answer */
  post(path: string, body: string): Promise<{ status: number; body: Buffer }>
}

export interface TrustSource {
  /** in the order of the configuration */
  hosts: readonly TrustHost[]
  /** Lets the keeper take what one of them has now. @throws Error when it does not answer */
  update(keeper: FederationListKeeper, host: TrustHost): Promise<UpdateVerdict>
  /** A file from whichever has it, asked of `first` before the others. @throws Error when none answers */
  fetchFile(
    wanted: FileRequest & { networkOnly?: boolean },
    first?: TrustHost,
  ): Promise<Uint8Array | undefined>
  /** Gives the keeper what an earlier run kept. */
  restore(keeper: FederationListKeeper): Promise<void>
}

/** @param url of `/federation-list`; the signed files are below `trust/` beside it */
function trustHost(url: string, networkToken: string | undefined): TrustHost {
  const base = new URL('trust/', url)
  return {
    name: base.host,
    async fetchFile({ path, maxBytes, networkOnly }) {
      const headers = networkOnly && networkToken ? { authorization: `Bearer ${networkToken}` } : {}
      for (let waits = 0; ; waits++) {
        const answer = await request(new URL(path, base), {
          headers,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        })
        if (answer.statusCode === 200) return readCapped(answer.body, maxBytes)
        await answer.body.dump()
        // A token that is not known is told apart by the directory's copy, which asks with it too.
        if ([401, 403, 404].includes(answer.statusCode)) return undefined
        if (answer.statusCode !== 429 || waits === MAX_WAITS)
          throw new Error(`${path}: status ${answer.statusCode}`)
        await delay(WAIT_MS, undefined, { ref: false })
      }
    },
    async post(path, body) {
      const answer = await request(new URL(path, base), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return { status: answer.statusCode, body: await readCapped(answer.body, 64 * 1024) }
    },
  }
}

export function createTrustSource(
  ctx: Pick<Context, 'config' | 'log'>,
  list: { url: string; mirrors?: readonly string[] | undefined; network_token?: string | undefined },
): TrustSource {
  const hosts = [...new Set([list.url, ...(list.mirrors ?? [])])].map((url) =>
    trustHost(url, list.network_token),
  )
  const file = join(ctx.config.data_dir, 'federation-trust.json')
  let kept: string | undefined

  async function keep(keeper: FederationListKeeper): Promise<void> {
    const text = keeper.kept
    if (text === kept) return
    await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
    kept = text
  }

  return {
    hosts,
    async update(keeper, host) {
      const steps = keeper.update(Date.now())
      try {
        let step = steps.next()
        while (!step.done) step = steps.next(await host.fetchFile(step.value))
        return step.value
      } finally {
        // Also after a refusal: the root may have gone further.
        await keep(keeper)
      }
    },
    async fetchFile(wanted, first) {
      let failure: unknown
      let answered = false
      for (const host of [...hosts].sort((a, b) => Number(b === first) - Number(a === first)))
        try {
          const bytes = await host.fetchFile(wanted)
          if (bytes) return bytes
          answered = true
        } catch (error) {
          failure = error
        }
      if (!answered) throw failure
      return undefined
    },
    async restore(keeper) {
      // What earlier versions kept, in a form that is read no more.
      await rm(join(ctx.config.data_dir, 'federation-list.json'), { force: true })
      let text: string
      try {
        text = await readFile(file, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          ctx.log.warn({ err: error }, 'the kept federation list cannot be read')
        return
      }
      const verdict = keeper.restore(text, Date.now())
      if (verdict.ok) kept = keeper.kept
      else
        ctx.log.warn(
          { reason: verdict.reason, detail: verdict.detail },
          'the kept federation list is not good',
        )
    },
  }
}
