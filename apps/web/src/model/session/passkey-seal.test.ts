import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openWithPasskey, passkeySealSchema, sealWithPasskey } from './passkey-seal.ts'

const ME = '@registro.gt:gt'
const SECRET = 'EsTa bCdE fGhJ kLmN pQrS tUvW xYz1 2345 6789 AbCd EfGh JkLm'

/** An authenticator: what it works out depends on its own secret, the credential and the salt. */
class Credential {
  readonly rawId: ArrayBuffer
  readonly results: object
  constructor(rawId: ArrayBuffer, results: object) {
    this.rawId = rawId
    this.results = results
  }
  getClientExtensionResults = () => this.results
}
const device = { secret: 'one', prf: true, refuses: false }

beforeEach(() => {
  Object.assign(device, { secret: 'one', prf: true, refuses: false })
  vi.stubGlobal('PublicKeyCredential', Credential)
  vi.stubGlobal('navigator', {
    credentials: {
      async create() {
        if (device.refuses) throw new DOMException('closed', 'NotAllowedError')
        return new Credential(new Uint8Array([1, 2, 250, 255]).buffer, { prf: { enabled: device.prf } })
      },
      async get({ publicKey }: { publicKey: { extensions: { prf: { eval: { first: Uint8Array } } } } }) {
        if (device.refuses) throw new DOMException('closed', 'NotAllowedError')
        if (!device.prf) return new Credential(new ArrayBuffer(4), {})
        const salt = publicKey.extensions.prf.eval.first
        const text = new TextEncoder().encode(`${device.secret} ${salt.join()}`)
        return new Credential(new ArrayBuffer(4), {
          prf: { results: { first: await crypto.subtle.digest('SHA-256', text) } },
        })
      },
    },
  })
})
afterEach(() => vi.unstubAllGlobals())

async function sealed() {
  const seal = await sealWithPasskey(ME, SECRET)
  if (typeof seal === 'string') throw new Error(seal)
  return passkeySealSchema.parse(JSON.parse(JSON.stringify(seal)))
}

describe('a key that a passkey opens', () => {
  test('is opened by the same one, and says nothing to whoever keeps it', async () => {
    const seal = await sealed()
    expect(await openWithPasskey(ME, seal)).toEqual({ secret: SECRET })
    expect(JSON.stringify(seal)).not.toContain('bCdE')
  })

  test('not by another device, not for another account, not altered', async () => {
    const seal = await sealed()
    expect(await openWithPasskey('@otra:gt', seal)).toBeUndefined()
    const other = seal.sealed.startsWith('A') ? 'B' : 'A'
    expect(await openWithPasskey(ME, { ...seal, sealed: other + seal.sealed.slice(1) })).toBeUndefined()
    expect(await openWithPasskey(ME, { ...seal, salt: (await sealed()).salt })).toBeUndefined()
    device.secret = 'two'
    expect(await openWithPasskey(ME, seal)).toBeUndefined()
  })

  test('each time with another salt', async () => {
    const [a, b] = [await sealed(), await sealed()]
    expect(a.salt).not.toBe(b.salt)
    expect(a.sealed).not.toBe(b.sealed)
  })

  test('a device that cannot work out secrets says so; a person who closes the dialog has decided nothing', async () => {
    device.prf = false
    expect(await sealWithPasskey(ME, SECRET)).toBe('unsupported')
    Object.assign(device, { prf: true, refuses: true })
    expect(await sealWithPasskey(ME, SECRET)).toBe('cancelled')
    device.refuses = false
    const seal = await sealed()
    device.refuses = true
    expect(await openWithPasskey(ME, seal)).toEqual({ cancelled: true })
  })
})
