/** `@ana:hn.example:8448` is of the server `hn.example:8448`. */
export function serverNameOf(userId: string): string {
  return userId.slice(userId.indexOf(':') + 1)
}

/** The name a person has on their own server. */
export function localpartOf(userId: string): string {
  return /^@([^:]+):/.exec(userId)?.[1] ?? userId
}

/** Where people copy an address from: an invitation link, Matrix's own (appendices, "URIs"), a mail program. */
const AROUND = /^(?:https?:\/\/matrix\.to\/#\/|matrix:u\/|mailto:)([^?#/]*).*$/

/**
 * What people type or paste for somebody: `registro.hn`, ` Registro.hn `, the whole `@registro.hn:server`, the same as a link or like an
 * address of mail, with signs that are not seen in between. A server's name is lower case; so is a name on servers of today.
 */
export function typedUserId(typed: string): string {
  const plain = typed
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}\p{Variation_Selector}\s]/gu, '')
    .replace(/[。｡]/gu, '.')
    .replace(/^<(.*)>$/, '$1')
    .toLowerCase()
  const inside = AROUND.exec(plain)?.[1]
  // A name has no `@` inside: what has one is written as mail is.
  const named = (inside === undefined ? plain : decoded(inside)).replace(/^([^@:]+)@([^@]+)$/, '@$1:$2')
  return named.includes(':') && !named.startsWith('@') ? `@${named}` : named
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
