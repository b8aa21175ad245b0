/**
 * `npm run fonts -w apps/web`: Noto Sans, cut down to what people on the corridor write, into `src/styles/fonts`. Spanish and
 * English, Garífuna (ü, ñ), Q'eqchi' and the other Mayan languages with each of their apostrophes (U+0027, U+2019, U+02BC, and the
 * saltillo U+A78C, which few fonts have); beyond those, names from elsewhere in Latin letters (Latin Extended-A).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import subsetFont from 'subset-font'

const files = join(dirname(fileURLToPath(import.meta.resolve('@fontsource-variable/noto-sans'))), 'files')
const folder = fileURLToPath(new URL('../src/styles/fonts', import.meta.url))

/** The ranges that `fonts.css` names are these. */
const pieces = {
  latin: [
    [0x20, 0x7e],
    [0xa0, 0xff],
    [0x2bb, 0x2bc],
    [0x2010, 0x2026],
    [0x2030, 0x203a],
    [0x20ac, 0x20ac],
    [0x2122, 0x2122],
    [0x2190, 0x2193],
    [0x2212, 0x2212],
  ],
  'latin-ext': [
    [0x100, 0x17f],
    [0x1cd, 0x1dc],
    [0x268, 0x268],
    [0x1e00, 0x1eff],
    [0xa78b, 0xa78c],
  ],
} as const

await mkdir(folder, { recursive: true })
for (const [name, ranges] of Object.entries(pieces)) {
  const text = ranges
    .flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)),
    )
    .join('')
  const whole = await readFile(join(files, `noto-sans-${name}-wght-normal.woff2`))
  const cut = await subsetFont(whole, text, {
    targetFormat: 'woff2',
    variationAxes: { wght: { min: 400, max: 700, default: 400 } },
  })
  await writeFile(join(folder, `noto-sans-${name}.woff2`), cut)
  console.log(`${name}: ${cut.length} bytes`)
}
