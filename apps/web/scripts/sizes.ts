/** What a phone downloads, gzip bytes: up to the sign-in page, and up to the first channel. Run after the build. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const html = await readFile(join(dist, 'index.html'), 'utf8')
const names = (await readdir(join(dist, 'assets'))).map((name) => `assets/${name}`)
const size = async (name: string) => gzipSync(await readFile(join(dist, name))).length
const first = names.filter((name) => html.includes(name))
let atSignIn = await size('index.html')
for (const name of first) atSignIn += await size(name)
let rest = 0
let wasm = 0
for (const name of names) {
  if (first.includes(name)) continue
  if (name.endsWith('.wasm')) wasm += await size(name)
  else rest += await size(name)
}
const kb = (bytes: number) => `${Math.round(bytes / 1024)} KB`
console.log(`sign-in page ${kb(atSignIn)}, everything else ${kb(rest)}, encryption module ${kb(wasm)} (gzip)`)
