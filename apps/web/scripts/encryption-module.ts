/**
 * The encryption module in parts of its own (`virtual:encryption-module`): a bad network goes on with the part it was at,
 * and each travels as small as Brotli makes it. What was compressed once is kept beside the installed packages.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const NAME = 'virtual:encryption-module'
/**
 * Larger parts compress better and lose more when the network is cut: of 512 KiB all weighs 1384 kB, of 1 MiB 1346 kB, of 2 MiB
 * 1316 kB, in one 1289 kB. Of 1 MiB none weighs more than 320 kB, ten seconds at 2G.
 */
const PART_BYTES = 1024 * 1024
const PACKAGE = '@matrix-org/matrix-sdk-crypto-wasm'

const kept = fileURLToPath(new URL('../../../node_modules/.cache/enlace-encryption', import.meta.url))
const brotli = (bytes: Uint8Array) =>
  promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 },
  })
const zip = (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 9 })

/** Past the eight bytes of magic number and version stand the sections: a number, a length, and so many bytes. */
const HEAD_BYTES = 8
const CUSTOM_SECTION = 0

/**
 * Without the names of functions, which are for debuggers alone and more than a third of the file (WebAssembly, "Custom Sections":
 * what is in them changes nothing of what the module does).
 */
export function withoutNames(module: Uint8Array): Uint8Array {
  const kept = [module.subarray(0, HEAD_BYTES)]
  let at = HEAD_BYTES
  /** LEB128. */
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < module.length) {
    const start = at
    const section = module[at++]
    const length = number()
    const end = at + length
    const nameLength = section === CUSTOM_SECTION ? number() : 0
    const name = new TextDecoder().decode(module.subarray(at, at + nameLength))
    if (name !== 'name') kept.push(module.subarray(start, end))
    at = end
  }
  return Buffer.concat(kept)
}

export function encryptionModule(): Plugin {
  let built = true
  return {
    name: 'encryption-module',
    configResolved(config) {
      built = config.command === 'build'
    },
    resolveId: (source) => (source === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined
      const file = fileURLToPath(new URL('pkg/matrix_sdk_crypto_wasm_bg.wasm', import.meta.resolve(PACKAGE)))
      const whole = await readFile(file)
      if (!built)
        return `import url from ${JSON.stringify(`${file}?url`)}
export const parts = [{ url, size: ${whole.length}, weight: ${whole.length} }]`
      const bytes = withoutNames(whole)
      // Of how it is cut too: a name never stands for other bytes, here or in a browser that keeps them for good.
      const hash = createHash('sha256').update(`${PART_BYTES} `).update(bytes).digest('base64url').slice(0, 8)
      await mkdir(kept, { recursive: true })
      const parts = []
      for (let start = 0, number = 0; start < bytes.length; start += PART_BYTES, number++) {
        const part = bytes.subarray(start, start + PART_BYTES)
        const name = `encryption-${hash}-${number}.bin`
        const small = await once(`${name}.br`, () => brotli(part))
        this.emitFile({ type: 'asset', fileName: `assets/${name}`, source: part })
        this.emitFile({ type: 'asset', fileName: `assets/${name}.br`, source: small })
        this.emitFile({
          type: 'asset',
          fileName: `assets/${name}.gz`,
          source: await once(`${name}.gz`, () => zip(part)),
        })
        parts.push({ url: `/assets/${name}`, size: part.length, weight: small.length })
      }
      return `export const parts = ${JSON.stringify(parts)}`
    },
    generateBundle(_options, bundle) {
      // The package names its file by itself too; nothing fetches that.
      for (const name of Object.keys(bundle)) if (/matrix_sdk_crypto.*\.wasm$/.test(name)) delete bundle[name]
    },
  }
}

async function once(name: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const file = join(kept, name)
  const found = await readFile(file).catch(() => undefined)
  if (found) return found
  const made = await make()
  await writeFile(file, made)
  return made
}
