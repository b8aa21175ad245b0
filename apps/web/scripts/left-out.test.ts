import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { exportedBy, LEFT_OUT, leftOutModule } from './left-out.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const sourceOf = (path: string) => readFile(join(root, 'node_modules', path), 'utf8')

/** What of our own is in the client. */
async function ours(): Promise<{ path: string; text: string }[]> {
  const folders = [
    'apps/web/src',
    'packages/coordination/src',
    'packages/directory/src',
    'packages/trust/src',
  ]
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true }))
        .filter((name) => /\.tsx?$/.test(name) && !/\.(?:test|bench)\./.test(name))
        .map(async (name) => ({
          path: join(folder, name),
          text: await readFile(join(root, folder, name), 'utf8'),
        })),
    ),
  )
  return Promise.all(found.flat())
}

test('each module left out is one that the libraries have, and answers for names that they export', async () => {
  for (const [path, instead] of Object.entries(LEFT_OUT)) {
    const source = await sourceOf(path)
    const module = leftOutModule(path, source)
    if (typeof instead === 'string') continue
    const names = exportedBy(source)
    expect(names.length, path).toBeGreaterThan(0)
    expect(names, path).toEqual(expect.arrayContaining(Object.keys(instead)))
    for (const name of names) expect(module, path).toMatch(new RegExp(`\\b${name}\\b`))
  }
})

test('what is called after all says so', async () => {
  const path = 'matrix-js-sdk/lib/webrtc/call.js'
  const url = `data:text/javascript,${encodeURIComponent(leftOutModule(path, await sourceOf(path)))}`
  const module: { supportsMatrixCall(): boolean; createNewMatrixCall(): void; MatrixCall: new () => object } =
    await import(/* @vite-ignore */ url)
  expect(module.supportsMatrixCall()).toBe(false)
  expect(() => module.createNewMatrixCall()).toThrow(`${path} is not part of this client.`)
  expect(() => new module.MatrixCall()).toThrow(`${path} is not part of this client.`)
})

test('letters that names are counterfeited with are still one letter', async () => {
  const path = 'unhomoglyph/index.js'
  const url = `data:text/javascript,${encodeURIComponent(leftOutModule(path, ''))}`
  const { default: plain }: { default(text: string): string } = await import(/* @vite-ignore */ url)
  expect(plain('Мaríа Ρаz Núñez')).toBe('María Paz Núñez')
  expect(plain("Q'eqchi’ Garífuna 0801 жд漢😀")).toBe("Q'eqchi’ Garífuna 0801 жд漢😀")
})

test('nothing of ours imports what is left out, or calls what needs it', async () => {
  const left = new Set<string>()
  for (const [path, instead] of Object.entries(LEFT_OUT))
    if (typeof instead !== 'string') for (const name of exportedBy(await sourceOf(path))) left.add(name)
  // What of `MatrixClient`, `Room`, `MatrixEvent` and schemas leads there.
  const needs =
    /\.(?:createCall|createGroupCall|waitUntilRoomReadyForGroupCalls|getGroupCallForRoom|getMediaHandler|matrixRTC|unstableCreateFileTree|unstableGetFileTreeSpace|getClientWellKnown|waitForClientWellKnown|unstableExtensibleEvent|processPollEvents|toJSONSchema|minLength|maxLength|minValue|maxValue|isInt)\b(?!\()|\b(?:slidingSync|clientWellKnownPollPeriod|createRoomWidgetClient|toJSONSchema)\b/
  for (const { path, text } of await ours()) {
    for (const [, names, module] of text.matchAll(/^import \{([^}]*)\} from '([^']+)'/gm)) {
      if (!/^(?:matrix-js-sdk|zod)/.test(module!)) continue
      expect(Object.keys(LEFT_OUT), `${path}: ${module}`).not.toContain(module)
      const values = names!.split(',').map((name) => name.trim())
      for (const value of values) expect(left, `${path}: ${value}`).not.toContain(value)
    }
    const uses = text.split('\n').filter((line) => needs.test(line) && !line.includes('z.'))
    if (text.includes('matrix-js-sdk') || text.includes("from 'zod'")) expect(uses, path).toEqual([])
  }
})
