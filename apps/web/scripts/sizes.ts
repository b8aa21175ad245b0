/**
 * What a phone downloads, in bytes as they travel (Brotli): up to the sign-in page, up to a channel (without the encryption module
 * and the typeface), the module, and whatever else there is, which no page needs as a whole. Each build measures it and fails
 * beyond the limits; as a program it prints the last build's.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** In bytes of a thousand to the kilobyte. */
export const LIMITS = { signIn: 120_000, channel: 450_000 } as const

export interface Sizes {
  signIn: number
  channel: number
  encryption: number
  rest: number
}

/** What a first conversation needs besides: the frame, the session, the words of one language, and what these import. */
const BEHIND = /^(?:workplace|session|rust-crypto|rest)-.*\.js$/
const IMPORTS = /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g
const NEEDED = ['workplace', 'session', 'rust-crypto', 'rest'] as const

export async function measure(dist: string): Promise<Sizes> {
  const html = await readFile(join(dist, 'index.html'), 'utf8')
  const names = (await readdir(join(dist, 'assets'))).filter((name) => !/\.(?:br|gz)$/.test(name))
  /** Short files lie there as they are. */
  const travels = async (name: string) => {
    const file = join(dist, name)
    return (await stat(`${file}.br`).catch(() => stat(file))).size
  }
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

  for (const part of NEEDED)
    if (!names.some((name) => name.startsWith(`${part}-`)))
      throw new Error(
        `The client has no part "${part}" any more: scripts/sizes.ts has to know what a channel needs.`,
      )
  const first = new Set(names.filter((name) => html.includes(name)))
  const sizes: Sizes = { signIn: await travels('index.html'), channel: 0, encryption: 0, rest: 0 }
  for (const name of names) {
    const bytes = await travels(`assets/${name}`)
    if (first.has(name)) sizes.signIn += bytes
    else if (name.startsWith('encryption-')) sizes.encryption += bytes
    else sizes.rest += bytes
  }
  sizes.channel = sizes.signIn
  const otherWords = names.filter((name) => name.startsWith('rest-')).slice(1)
  const roots = names.filter((name) => BEHIND.test(name) && !otherWords.includes(name))
  const needed = await withImports(roots)
  const parts = new Set(['styles', ...[...needed].map(partOf)])
  const styles = names.filter((name) => name.endsWith('.css') && parts.has(partOf(name)))
  for (const name of new Set([...needed, ...styles]))
    if (!first.has(name)) sizes.channel += await travels(`assets/${name}`)
  return sizes
}

/** Of `meetings-page-x7.js` and of the styles which come with it: `meetings-page`. */
const partOf = (name: string) => name.replace(/-.{8}\.\w+$/, '')

const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

/** What is over its limit, in words; undefined where all is well. */
export function overLimit(sizes: Pick<Sizes, 'signIn' | 'channel'>): string | undefined {
  const over = [
    sizes.signIn >= LIMITS.signIn && `the sign-in page needs ${kb(sizes.signIn)} of ${kb(LIMITS.signIn)}`,
    sizes.channel >= LIMITS.channel && `a channel needs ${kb(sizes.channel)} of ${kb(LIMITS.channel)}`,
  ].filter(Boolean)
  return over.length > 0 ? `Too heavy for a phone: ${over.join(', and ')}.` : undefined
}

/** Last of the plugins: what it measures is what the others have written. */
export function holdSizes(): Plugin {
  let dist = ''
  return {
    name: 'hold-sizes',
    apply: 'build',
    configResolved(config) {
      dist = resolve(config.root, config.build.outDir)
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler(error?: Error) {
        if (error) return
        const problem = overLimit(await measure(dist))
        if (!problem) return
        // Or whoever looks for a build takes this one.
        await rm(join(dist, 'index.html'))
        throw new Error(problem)
      },
    },
  }
}

if (import.meta.main) {
  const sizes = await measure(fileURLToPath(new URL('../dist', import.meta.url)))
  console.log(
    `sign-in page ${kb(sizes.signIn)}, a channel ${kb(sizes.channel)}, encryption module ${kb(sizes.encryption)}, everything else ${kb(sizes.rest)}`,
  )
  const problem = overLimit(sizes)
  if (problem) {
    console.error(problem)
    process.exitCode = 1
  }
}
