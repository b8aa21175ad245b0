/** Compresses the service worker and its library, which are written after everything else and would travel as they are. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const WORKER = /^(?:sw|workbox-[\w-]+)\.js$/

/** After the plugin that writes them. */
export function smallWorker(): Plugin {
  let dist = ''
  return {
    name: 'small-worker',
    apply: 'build',
    configResolved(config) {
      dist = join(config.root, config.build.outDir)
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler(error?: Error) {
        if (error) return
        for (const name of (await readdir(dist)).filter((one) => WORKER.test(one))) {
          const bytes = await readFile(join(dist, name))
          await writeFile(join(dist, `${name}.br`), await promisify(brotliCompress)(bytes))
          await writeFile(join(dist, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }))
        }
      },
    },
  }
}
