/**
 * What a phone downloads, in bytes as they travel (Brotli): up to the sign-in page, the encryption module, and whatever else
 * there is, which no page needs as a whole. Run after the build.
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

let atSignIn = await travels('index.html')
let encryption = 0
let rest = 0
for (const name of names) {
  const bytes = await travels(`assets/${name}`)
  if (html.includes(name)) atSignIn += bytes
  else if (name.startsWith('encryption-')) encryption += bytes
  else rest += bytes
}
const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`
console.log(`sign-in page ${kb(atSignIn)}, encryption module ${kb(encryption)}, everything else ${kb(rest)}`)
