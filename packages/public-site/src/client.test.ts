/** The scripts of the pages are kept as they are served; this says when they are no longer what their source says (`vitest -u`). */
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { expect, it } from 'vitest'

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

it.each(['page', 'worker'])('%s.js is what its source says', async (name) => {
  const { output } = await build({
    input: file(`client/${name}.ts`),
    write: false,
    output: { format: 'esm', minify: true, codeSplitting: false },
    logLevel: 'silent',
  })
  expect(output).toHaveLength(1)
  await expect(output[0].code).toMatchFileSnapshot(file(`assets/${name}.js`))
})
