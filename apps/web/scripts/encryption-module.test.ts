import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { withoutNames } from './encryption-module.ts'

test('the encryption module without its names does the same, and is a third lighter', async () => {
  const file = new URL(
    'pkg/matrix_sdk_crypto_wasm_bg.wasm',
    import.meta.resolve('@matrix-org/matrix-sdk-crypto-wasm'),
  )
  const whole = await readFile(fileURLToPath(file))
  const bare = withoutNames(whole)
  expect(bare.length).toBeLessThan(0.66 * whole.length)
  const [before, after] = [
    await WebAssembly.compile(new Uint8Array(whole)),
    await WebAssembly.compile(new Uint8Array(bare)),
  ]
  expect(WebAssembly.Module.exports(after)).toEqual(WebAssembly.Module.exports(before))
  expect(WebAssembly.Module.imports(after)).toEqual(WebAssembly.Module.imports(before))
  expect(WebAssembly.Module.customSections(after, 'name')).toEqual([])
  expect(WebAssembly.Module.customSections(after, 'producers')).toHaveLength(1)
})

test('what has no names stays as it is', () => {
  const empty = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)
  expect(new Uint8Array(withoutNames(empty))).toEqual(empty)
})
