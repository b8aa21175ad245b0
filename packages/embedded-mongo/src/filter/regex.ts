/**
 * MongoDB's patterns are PCRE over UTF-8; this turns one into a JavaScript RegExp that matches the same strings,
 * or refuses it. Known differences are rewritten: `$`, `.`, `\s`, `\d`, `\w` (ASCII in PCRE), `\A`, `\z`, `\Z`, `\h`.
 */
import { LocationError } from '../errors.ts'

const syntax = new Set('^$\\.*+?()[]{}|/')
const space = ' \\t\\n\\v\\f\\r'

export function toRegExp(pattern: string, options: string): RegExp {
  let flags = 'u'
  let multiline = false
  let dotAll = false
  let extended = false
  for (const option of options) {
    if (option === 'i') flags += 'i'
    else if (option === 'm') multiline = true
    else if (option === 's') dotAll = true
    else if (option === 'x') extended = true
    else if (option !== 'u') throw new LocationError(51108, `invalid flag in regex options: ${option}`)
  }
  try {
    return new RegExp(translate(pattern, multiline, dotAll, extended), [...new Set(flags)].join(''))
  } catch (error) {
    if (error instanceof LocationError) throw error
    throw new LocationError(51091, `Regular expression is invalid: ${(error as Error).message}`)
  }
}

const refuse = (what: string): LocationError =>
  new LocationError(51091, `Regular expression is invalid: ${what} is not supported`)

function translate(pattern: string, multiline: boolean, dotAll: boolean, extended: boolean): string {
  let out = ''
  let inClass = false
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    if (char === '\\') {
      const next = pattern[++i]
      if (next === undefined) throw refuse('a trailing backslash')
      out += escaped(next, inClass)
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
    } else if (char === '$') out += multiline ? '(?=\\n|(?![\\s\\S]))' : '(?=\\n?(?![\\s\\S]))'
    else if (char === '^') out += multiline ? '(?<=\\n|(?<![\\s\\S]))' : '^'
    else if (char === '.') out += dotAll ? '[\\s\\S]' : '[^\\n]'
    else if (
      char === '(' &&
      pattern[i + 1] === '?' &&
      !/^\?(?::|=|!|<=|<!|<[A-Za-z_]|P<)/.test(pattern.slice(i + 1))
    )
      throw refuse('a group of this kind')
    else if (char === '(' && pattern.startsWith('(?P<', i)) {
      out += '(?<'
      i += 3
    } else if (char === '(' && pattern[i + 1] === '*') throw refuse('a verb')
    else if (/[*+?}]/.test(char) && pattern[i + 1] === '+') throw refuse('a possessive quantifier')
    else if (char === '{' && !/^\{\d+(,\d*)?\}/.test(pattern.slice(i))) out += '\\{'
    else if (char === '}' && !/\{\d+(,\d*)?$/.test(pattern.slice(0, i))) out += '\\}'
    else if (char === ']') out += '\\]'
    else if (extended && /\s/.test(char)) continue
    else if (extended && char === '#') {
      const end = pattern.indexOf('\n', i)
      i = end < 0 ? pattern.length : end
    } else out += char
  }
  return out
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
      return inClass ? ' \\t' : '[ \\t]'
    case 'A':
      return '(?<![\\s\\S])'
    case 'z':
      return '(?![\\s\\S])'
    case 'Z':
      return '(?=\\n?(?![\\s\\S]))'
    case 'b':
    case 'B':
    case 'n':
    case 'r':
    case 't':
    case 'f':
      return `\\${next}`
    case 'x':
      return '\\x'
    case '-':
      return inClass ? '\\-' : '-'
  }
  if (/[1-9]/.test(next) && !inClass) return `\\${next}`
  if (/[A-Za-z0-9]/.test(next)) throw refuse(`\\${next}`)
  return syntax.has(next) ? `\\${next}` : next
}

/** The literal text every match begins with, for index bounds: '' when there is none. */
export function literalPrefix(pattern: string, options: string): string {
  if (!pattern.startsWith('^') || /[imx]/.test(options)) return ''
  // An alternative could begin otherwise.
  if (pattern.includes('|')) return ''
  let prefix = ''
  for (let i = 1; i < pattern.length; i++) {
    let char = pattern[i]!
    if (char === '\\') {
      const next = pattern[i + 1]
      if (next === undefined || /[A-Za-z0-9]/.test(next)) break
      char = next
      i++
    } else if (syntax.has(char) && char !== '/') break
    const after = pattern[i + 1]
    if (after === '*' || after === '?' || after === '{') break
    prefix += char
  }
  return prefix
}
