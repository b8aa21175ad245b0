import { readFileSync } from 'node:fs'
import { topics } from '@enlace/coordination'
import { describe, expect, test } from 'vitest'
import { topicIcons } from './topic-icons.ts'

const css = readFileSync(new URL('../../styles/tokens.css', import.meta.url), 'utf8')
const [light, dark] = css.split('@media (prefers-color-scheme: dark)') as [string, string]

type Colour = readonly number[]
function token(sheet: string, name: string): Colour | undefined {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(sheet)?.[1]
  return hex === undefined ? undefined : [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
}

/** WCAG 2.2, "contrast ratio". */
function contrast(a: Colour, b: Colour): number {
  const luminance = (colour: Colour) => {
    const [red = 0, green = 0, blue = 0] = colour.map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}
const tint = (colour: Colour, ground: Colour) =>
  colour.map((part, at) => 0.14 * part + 0.86 * (ground[at] ?? 0))

describe('each topic of the network', () => {
  test('has an icon of its own', () => {
    expect(Object.keys(topicIcons).sort()).toEqual(Object.keys(topics).sort())
    expect(new Set(Object.values(topicIcons)).size).toBe(Object.keys(topics).length)
  })

  test.each(Object.keys(topics))(
    '%s has a colour that can be read on its tint, by day and by night',
    (topic) => {
      for (const sheet of [light, dark]) {
        const colour = token(sheet, `topic-${topic}`)
        const ground = token(sheet, 'surface')
        expect(colour).toBeDefined()
        expect(contrast(colour!, tint(colour!, ground!))).toBeGreaterThan(4.5)
      }
    },
  )
})
