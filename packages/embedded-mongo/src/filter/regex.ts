/**
 * MongoDB's patterns are PCRE over UTF-8. They run on RE2, whose time grows with the text and never with the ways a pattern
 * could match it: a pattern is rewritten where the two languages differ, and refused where RE2 cannot say the same.
 */
import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'
import { LocationError } from '../errors.ts'
import type { TextTest } from './types.ts'

const syntax = new Set('^$\\.*+?()[]{}|/')
const space = ' \\t\\n\\v\\f\\r'
const horizontal = ' \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}'
/** Steps of the machine, characters times instructions, that one match may take: well below a second. */
const maxSteps = 10_000_000

type Options = { ignoreCase: boolean; multiline: boolean; dotAll: boolean; extended: boolean }

function parseOptions(options: string): Options {
  for (const option of options)
    if (!'imsxu'.includes(option)) throw new LocationError(51108, `invalid flag in regex options: ${option}`)
  return {
    ignoreCase: options.includes('i'),
    multiline: options.includes('m'),
    dotAll: options.includes('s'),
    extended: options.includes('x'),
  }
}

/** @throws 51091 for what is no pattern, or one that RE2 cannot match as PCRE does; 51108 for unknown options */
export function compilePattern(pattern: string, options: string): TextTest {
  const parsed = parseOptions(options)
  if (!parsed.ignoreCase && !parsed.extended) {
    if (isLiteral(pattern)) return (text) => text.includes(pattern)
    if (pattern.startsWith('^') && !parsed.multiline && isLiteral(pattern.slice(1))) {
      const start = pattern.slice(1)
      return (text) => text.startsWith(start)
    }
  }
  const { source, lineEnd } = translate(pattern, parsed)
  const machine = compile(source, parsed.ignoreCase)
  if (parsed.multiline && pattern.includes('^') && machine.test(''))
    throw refuse("a multiline '^' that may match at the end of the text")
  const size = machine.programSize()
  const test = (text: string): boolean => {
    if (text.length * size > maxSteps)
      throw new LocationError(
        51156,
        `Error occurred while executing regular expression: a text of ${text.length} characters is too long for it`,
      )
    return machine.test(text)
  }
  // PCRE's `$` also stands before a line feed that ends the text.
  return lineEnd ? (text) => test(text) || (text.endsWith('\n') && test(text.slice(0, -1))) : test
}

const isLiteral = (text: string): boolean => {
  for (const char of text) if (syntax.has(char)) return false
  return true
}

let library: typeof RE2JS | undefined

/** The library takes 3 MB; it is loaded when the first pattern needs it. */
function compile(source: string, ignoreCase: boolean): RE2JS {
  library ??= (createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS }).RE2JS
  try {
    return library.compile(source, ignoreCase ? library.CASE_INSENSITIVE : 0)
  } catch (error) {
    throw new LocationError(51091, `Regular expression is invalid: ${(error as Error).message}`)
  }
}

const refuse = (what: string): LocationError =>
  new LocationError(51091, `Regular expression is invalid: ${what} is not supported`)

/** `lineEnd`: the pattern has an end of text before which a line feed may stand. */
function translate(pattern: string, options: Options): { source: string; lineEnd: boolean } {
  const { multiline, dotAll, extended } = options
  let out = ''
  let inClass = false
  let lineEnd = false
  const end = (after: number) => {
    // The text is tried again without its last line feed, so nothing that follows may take that line feed.
    const rest = pattern.slice(after)
    if (/\\[nsWDSvHNRx]|\[\^|\n/.test(rest) || (dotAll && rest.includes('.')))
      throw refuse("something after '$' that may match a line feed")
    lineEnd = true
    return '\\z'
  }
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    if (char === '\\') {
      const next = pattern[++i]
      if (next === undefined) throw refuse('a trailing backslash')
      if (next === 'x') {
        const code = /^(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})/.exec(pattern.slice(i + 1))?.[0]
        if (code === undefined) throw refuse('\\x without a code of two digits, or of several in braces')
        out += `\\x${code}`
        i += code.length
      } else out += next === 'Z' && !inClass ? end(i + 1) : escaped(next, inClass)
    } else if (inClass) {
      if (char === '[') {
        if (pattern[i + 1] === ':') throw refuse('a POSIX class')
        out += '\\['
      } else {
        if (char === ']') inClass = false
        out += char
      }
    } else if (char === '[') {
      inClass = true
      out += char
      if (pattern[i + 1] === '^') out += pattern[++i]
      // A bracket first in a class is literal in PCRE.
      if (pattern[i + 1] === ']') {
        out += '\\]'
        i++
      }
    } else if (char === '$') out += multiline ? '(?m:$)' : end(i + 1)
    else if (char === '^') {
      if (multiline && !/(?:^|[|(:])$/.test(pattern.slice(0, i)))
        throw refuse("a multiline '^' within a line")
      out += multiline ? '(?m:^)' : '\\A'
    } else if (char === '.') out += dotAll ? '(?s:.)' : '[^\\n]'
    else if (
      char === '(' &&
      pattern[i + 1] === '?' &&
      !/^\?(?::|i\)|i:|<[A-Za-z_]|P<)/.test(pattern.slice(i + 1))
    )
      throw refuse('a group of this kind')
    else if (char === '(' && pattern[i + 1] === '*') throw refuse('a verb')
    else if (/[*+?}]/.test(char) && pattern[i + 1] === '+') throw refuse('a possessive quantifier')
    else if (char === '{' && !/^\{\d+(,\d*)?\}/.test(pattern.slice(i))) out += '\\{'
    else if (char === '}' && !/\{\d+(,\d*)?$/.test(pattern.slice(0, i))) out += '\\}'
    else if (char === ']') out += '\\]'
    else if (extended && /\s/.test(char)) continue
    else if (extended && char === '#') {
      const lineFeed = pattern.indexOf('\n', i)
      i = lineFeed < 0 ? pattern.length : lineFeed
    } else out += char
  }
  return { source: out, lineEnd }
}

function escaped(next: string, inClass: boolean): string {
  switch (next) {
    case 's':
      return inClass ? space : `[${space}]`
    case 'S':
      if (inClass) throw refuse('\\S in a class')
      return `[^${space}]`
    case 'd':
      return inClass ? '0-9' : '[0-9]'
    case 'D':
      if (inClass) throw refuse('\\D in a class')
      return '[^0-9]'
    case 'w':
      return inClass ? 'A-Za-z0-9_' : '[A-Za-z0-9_]'
    case 'W':
      if (inClass) throw refuse('\\W in a class')
      return '[^A-Za-z0-9_]'
    case 'h':
      return inClass ? horizontal : `[${horizontal}]`
    case 'A':
    case 'z':
      if (inClass) throw refuse(`\\${next} in a class`)
      return `\\${next}`
    case 'b':
    case 'B':
      // In a class PCRE takes \b for a backspace.
      if (inClass) throw refuse(`\\${next} in a class`)
      return `\\${next}`
    case 'n':
    case 'r':
    case 't':
    case 'f':
      return `\\${next}`
    case '-':
      return inClass ? '\\-' : '-'
  }
  if (/[A-Za-z0-9]/.test(next)) throw refuse(`\\${next}`)
  return syntax.has(next) ? `\\${next}` : next
}

/** The literal text every match begins with, for index bounds: '' when there is none. */
export function literalPrefix(pattern: string, options: string): string {
  if (!pattern.startsWith('^') || /[imx]/.test(options)) return ''
  // An alternative could begin otherwise.
  if (pattern.includes('|')) return ''
  // By whole characters: a quantifier after an emoji is about both of its UTF-16 units.
  const chars = [...pattern]
  let prefix = ''
  for (let i = 1; i < chars.length; i++) {
    let char = chars[i]!
    if (char === '\\') {
      const next = chars[i + 1]
      if (next === undefined || /[A-Za-z0-9]/.test(next)) break
      char = next
      i++
    } else if (syntax.has(char) && char !== '/') break
    // Half of a surrogate pair is no character of a stored text.
    if (!char.isWellFormed()) break
    const after = chars[i + 1]
    if (after === '*' || after === '?' || after === '{') break
    prefix += char
  }
  return prefix
}
