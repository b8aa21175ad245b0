/** User names and user ids (appendices, "User Identifiers"). */
import { parseUserId } from '@enlace/room-model'
import { refusal } from '../errors.ts'

const LOCALPART = /^[a-z0-9._=\-/+]+$/

/**
 * The localpart made from what a person typed: upper case is lowered, anything else outside the grammar is refused.
 * @throws M_INVALID_USERNAME
 */
export function localpartFrom(username: string, serverName: string): string {
  const localpart = username.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const invalid = (es: string, en: string) => refusal(400, 'M_INVALID_USERNAME', { es, en })
  if (!LOCALPART.test(localpart)) {
    throw invalid(
      'Un nombre de usuario lleva letras de la a a la z sin acentos, cifras y los signos . _ = - / +',
      'A user name may have letters a to z, digits, and the signs . _ = - / +',
    )
  }
  if (localpart.startsWith('_'))
    throw invalid('Un nombre de usuario no empieza con _', 'A user name may not begin with _')
  if (Buffer.byteLength(`@${localpart}:${serverName}`) > 255)
    throw invalid('El nombre de usuario es demasiado largo.', 'The user name is too long.')
  return localpart
}

/**
 * The account of this server that somebody means who types or pastes a name: `registro.hn`, `Registro.hn`,
 * `registro.hn:server` or the whole ID, whatever unseen signs, full-width letters and capitals came with it.
 * @returns undefined when it is of another server
 */
export function localUserFrom(typed: string, serverName: string): string | undefined {
  const plain = typed
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}\p{Variation_Selector}\s]/gu, '')
    .replace(/[。｡]/gu, '.')
    .replace(/^@/, '')
    .toLowerCase()
  const colon = plain.indexOf(':')
  if (colon < 0) return `@${plain}:${serverName}`
  const server = plain.slice(colon + 1)
  return server === serverName.toLowerCase() ? `@${plain.slice(0, colon)}:${serverName}` : undefined
}

/** The server of a user id, or undefined when it is not one. Historical localparts of other servers are let through. */
export const serverOfUser = (userId: string): string | undefined => parseUserId(userId)?.serverName
