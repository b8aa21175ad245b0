/** X-Matrix requests of partners (server-server API, "Request Authentication"). */
import { parseServerName } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { type SortingAllowance, signedForms } from './signed-request.ts'
import type { XMatrix } from './types.ts'

const unauthorized = (message: string) => new MatrixError(401, 'M_UNAUTHORIZED', message)

/** One `name=value` of the header; values that are no tokens are quoted, but for the colons of older servers. */
const PARAMETER =
  /[ \t]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))[ \t]*(?:,|$)/y

/** Parses the header (RFC 9110 §11.4). @returns undefined when it is malformed or incomplete */
export function parseXMatrix(header: string | undefined): XMatrix | undefined {
  if (header === undefined || header.length > 4_096) return undefined
  const scheme = /^X-Matrix +/i.exec(header)
  if (!scheme) return undefined
  const fields = new Map<string, string>()
  PARAMETER.lastIndex = scheme[0].length
  while (PARAMETER.lastIndex < header.length) {
    const part = PARAMETER.exec(header)
    if (!part) return undefined
    const name = part[1]!.toLowerCase()
    if (fields.has(name)) return undefined
    fields.set(name, part[2] === undefined ? part[3]! : part[2].replace(/\\(.)/g, '$1'))
  }
  const [origin, key, sig] = [fields.get('origin'), fields.get('key'), fields.get('sig')]
  if (!origin || !key || !sig || parseServerName(origin) === undefined) return undefined
  return { origin, destination: fields.get('destination'), key, sig }
}

type Checks = {
  serverName: string
  /** Is the origin on the list? Before its keys are fetched: an unlisted name makes this server ask nobody. */
  checkOrigin: (origin: string) => void
}

/** What can be told without the body. @throws M_UNAUTHORIZED 401, or what `checkOrigin` throws */
export function checkHeader(authorization: string | undefined, { serverName, checkOrigin }: Checks): XMatrix {
  const parsed = parseXMatrix(authorization)
  if (!parsed) throw unauthorized('The request is not signed: the X-Matrix header is missing or malformed.')
  if (parsed.destination !== undefined && parsed.destination !== serverName)
    throw unauthorized('The request is signed for another server.')
  if (parsed.origin === serverName) throw unauthorized('The request is signed with this server’s own name.')
  checkOrigin(parsed.origin)
  return parsed
}

/**
 * @param request.header as `checkHeader` gave it
 * @param request.body what was sent, empty when there is nothing: to be read as JSON only after this
 * @param allowance what all who have no right signature may cost together
 * @returns the origin, verified
 * @throws M_UNAUTHORIZED 401, M_NOT_JSON, M_LIMIT_EXCEEDED
 */
export async function authenticateRequest(
  ctx: { serverName: string; keyRing: Pick<Context['keyRing'], 'verifySignature'> },
  request: { method: string; uri: string; header: XMatrix; body: Buffer },
  allowance: SortingAllowance,
): Promise<string> {
  const { origin, key, sig } = request.header
  // Signed even by servers older than v1.3, which leave it out of the header: what is for others is no good here.
  const parts = { method: request.method, uri: request.uri, origin, destination: ctx.serverName }
  let wasted = 0
  const counted: SortingAllowance = {
    check: allowance.check,
    spend(ms) {
      wasted += ms
      allowance.spend(ms)
    },
  }
  const forms = signedForms(parts, request.body, counted)
  if (!(await ctx.keyRing.verifySignature(origin, key, sig, forms)))
    throw unauthorized('The signature of the request is not valid.')
  allowance.spend(-wasted)
  return origin
}
