/**
 * What a phone downloads, in bytes as they travel (Brotli): up to the sign-in page, up to a channel (without the encryption module
 * and the typeface), the module, and whatever else there is, which no page needs as a whole. Run after the build.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const html = await readFile(join(dist, 'index.html'), 'utf8')
const names = (await readdir(join(dist, 'assets'))).filter((name) => !/\.(?:br|gz)$/.test(name))

/** Short files lie there as they are. */
async function travels(name: string): Promise<number> {
  const file = join(dist, name)
  return (await stat(`${file}.br`).catch(() => stat(file))).size
}

/** What a first conversation needs besides: the frame, the session, the words of one language, and what these import. */
const BEHIND = /^(?:workplace|session|rust-crypto|rest)-.*\.js$/
const IMPORTS = /(?:from|import)\s*"\.\/([\w.-]+\.js)"/g

async function withImports(roots: readonly string[], found = new Set<string>()): Promise<Set<string>> {
  for (const name of roots) {
    if (found.has(name)) continue
    found.add(name)
    const text = await readFile(join(dist, 'assets', name), 'utf8')
    await withImports(
      [...text.matchAll(IMPORTS)].map((match) => match[1]!),
      found,
    )
  }
  return found
}

let atSignIn = await travels('index.html')
let encryption = 0
let rest = 0
for (const name of names) {
  const bytes = await travels(`assets/${name}`)
  if (html.includes(name)) atSignIn += bytes
  else if (name.startsWith('encryption-')) encryption += bytes
  else rest += bytes
}
let channel = atSignIn
const words = names.filter((name) => name.startsWith('rest-')).slice(1)
const roots = names.filter((name) => BEHIND.test(name) && !words.includes(name))
const styles = names.filter((name) => name.endsWith('.css') && !html.includes(name))
for (const name of new Set([...(await withImports(roots)), ...styles]))
  if (!html.includes(name)) channel += await travels(`assets/${name}`)
const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`
console.log(
  `sign-in page ${kb(atSignIn)}, a channel ${kb(channel)}, encryption module ${kb(encryption)}, everything else ${kb(rest)}`,
)
