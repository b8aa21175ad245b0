/** Where a node gets the network's list from, and the folder it keeps the last verified copy in. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FederationListKeeper, FileRequest, UpdateVerdict } from '@enlace/trust'
import { request } from 'undici'
import type { Context } from '../../context.ts'
import { readCapped } from '../discovery.ts'

const TIMEOUT_MS = 15_000

export interface TrustSource {
  /** Lets the keeper take what the registry has now. @throws Error when the registry does not answer */
  update(keeper: FederationListKeeper): Promise<UpdateVerdict>
  /** Gives the keeper what an earlier run kept. */
  restore(keeper: FederationListKeeper): Promise<void>
}

/** @param url of `/federation-list`; the signed files are below `trust/` beside it */
export function createTrustSource(ctx: Pick<Context, 'config' | 'log'>, url: string): TrustSource {
  const base = new URL('trust/', url)
  const file = join(ctx.config.data_dir, 'federation-trust.json')
  let kept: string | undefined

  /** @returns undefined when the registry has no such file */
  async function fetchFile({ path, maxBytes }: FileRequest): Promise<Uint8Array | undefined> {
    const answer = await request(new URL(path, base), { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (answer.statusCode === 200) return readCapped(answer.body, maxBytes)
    await answer.body.dump()
    if (answer.statusCode === 404) return undefined
    throw new Error(`${path}: status ${answer.statusCode}`)
  }

  async function keep(keeper: FederationListKeeper): Promise<void> {
    const text = keeper.kept
    if (text === kept) return
    await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
    kept = text
  }

  return {
    async update(keeper) {
      const steps = keeper.update(Date.now())
      try {
        let step = steps.next()
        while (!step.done) step = steps.next(await fetchFile(step.value))
        return step.value
      } finally {
        // Also after a refusal: the root may have gone further.
        await keep(keeper)
      }
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
