/**
 * A secret that a passkey derives from a salt (WebAuthn Level 3, "prf" extension): the same each time, on the authenticator, after
 * it has verified the person. No server takes part; the passkey signs nobody in.
 */

export type Bytes = Uint8Array<ArrayBuffer>
export type PrfPasskey = { id: string; salt: Bytes; secret: Bytes }

export const toUrl = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
export const fromUrl = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))

/** @returns undefined when this browser or its authenticator derives no secrets. @throws DOMException when the person declines */
export async function newPrfPasskey(name: string): Promise<PrfPasskey | undefined> {
  if (!('PublicKeyCredential' in globalThis)) return undefined
  const salt = random(32)
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { name: 'Enlace' },
      user: { id: random(32), name, displayName: name },
      challenge: random(32),
      pubKeyCredParams: [-7, -257].map((alg) => ({ type: 'public-key', alg })),
      // Offered by its id, so that it is not among those that the sign-in page shows.
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  if (!(made instanceof PublicKeyCredential)) return undefined
  const { prf } = made.getClientExtensionResults()
  if (!prf?.enabled) return undefined
  const id = toUrl(made.rawId)
  const given = prf.results?.first
  const secret = given ? bytesOf(given) : await prfSecret(id, salt)
  return secret && { id, salt, secret }
}

/** @returns undefined when it derives none. @throws DOMException when the person declines */
export async function prfSecret(id: string, salt: Bytes): Promise<Bytes | undefined> {
  const shown = await navigator.credentials.get({
    publicKey: {
      challenge: random(32),
      userVerification: 'required',
      allowCredentials: [{ type: 'public-key', id: fromUrl(id) }],
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  if (!(shown instanceof PublicKeyCredential)) return undefined
  const first = shown.getClientExtensionResults().prf?.results?.first
  return first && bytesOf(first)
}

const bytesOf = (given: BufferSource): Bytes =>
  given instanceof ArrayBuffer
    ? new Uint8Array(given.slice(0))
    : Uint8Array.from(new Uint8Array(given.buffer, given.byteOffset, given.byteLength))
