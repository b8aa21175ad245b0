/**
 * The whole directory for a person's device, as far as they may see it: it is kept there and searched there, also
 * without a network. A device that has a copy asks for what changed since; the digest of the whole says whether it
 * then has what the node has.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type DirectoryCopy, directoryCopy } from '@enlace/directory/copy'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { answered, type Route, route } from '../http/route.ts'

const compress = promisify(gzip)

interface Copy {
  etag: string
  institutions: DirectoryCopy['institutions']
  digest: string
  /** of the whole copy, compressed; what is asked for most */
  whole?: Buffer
}

type View = DirectoryCopy['view']
const copies = new WeakMap<Context, Map<View, Copy>>()

function copyFor(ctx: Context, view: View): Copy {
  let kept = copies.get(ctx)
  if (!kept) {
    const fresh = new Map<View, Copy>()
    ctx.directory.onChange(() => fresh.clear())
    copies.set(ctx, fresh)
    kept = fresh
  }
  const known = kept.get(view)
  if (known) return known
  const { institutions } = directoryCopy(ctx.directory.records(), view)
  const digest = createHash('sha256').update(JSON.stringify(institutions)).digest('hex')
  const copy: Copy = { institutions, digest, etag: `"${view}-${digest.slice(0, 32)}"` }
  kept.set(view, copy)
  return copy
}

const answerOf = (view: View, copy: Copy, institutions: DirectoryCopy['institutions']) =>
  compress(
    JSON.stringify({
      view,
      digest: copy.digest,
      keys: copy.institutions.map(({ institution }) => institution.key),
      institutions,
    }),
  )

export const directoryCopyRoute: Route = route({
  method: 'GET',
  path: '/_enlace/client/v1/directory/copy',
  auth: 'user',
  query: z.object({ modified_after: z.iso.datetime({ offset: true }).optional() }),
  async handler({ ctx, requester, query: { modified_after: since }, req, res }) {
    const { institution } = await ctx.policy.memberOf(requester.userId)
    const view = institution ? 'network' : 'public'
    const copy = copyFor(ctx, view)
    const headers = { ETag: copy.etag, 'Cache-Control': 'private, no-cache', Vary: 'Authorization' }
    if (req.headers['if-none-match'] === copy.etag) {
      res.writeHead(304, headers).end()
      return answered
    }
    let body: Buffer
    if (since === undefined) {
      copy.whole ??= await answerOf(view, copy, copy.institutions)
      body = copy.whole
    } else {
      const after = Date.parse(since)
      body = await answerOf(
        view,
        copy,
        copy.institutions.filter(({ last_modified }) => Date.parse(last_modified) >= after),
      )
    }
    res.writeHead(200, {
      ...headers,
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
      'Content-Length': body.length,
    })
    res.end(body)
    return answered
  },
})
