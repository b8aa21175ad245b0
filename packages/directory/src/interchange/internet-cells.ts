import { bad, type CellRead, good } from './value-cells.ts'

/** Addresses of e-mail and of the web. */

export function readEmail(cell: string): CellRead<string> {
  const address = cell.trim().replace(/^mailto:/i, '')
  if (
    /^[^\s@<>"(),;:]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}$/i.test(address) &&
    !address.includes('..')
  )
    return good(address)
  const inside = /([^\s@<>"(),;:]+@[^\s@<>"(),;:]+\.[a-z]{2,24})/i.exec(address)?.[1]
  const joined = address.replace(/\s+/g, '').replace(/\.\.+/g, '.').replace(/,/g, '.')
  return bad(
    'no_email',
    inside ?? (/^[^@]+@[^@]+\.[a-z]{2,24}$/i.test(joined) && joined !== address ? joined : undefined),
  )
}

export function readWebsite(cell: string): CellRead<string> {
  const text = cell.trim()
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`
  try {
    const url = new URL(whole)
    if (
      /^(?:[\p{L}\p{N}-]+\.)+\p{L}{2,24}$/u.test(new URL(whole).hostname) &&
      !/\s/.test(text) &&
      !url.username &&
      !text.includes('@')
    )
      return good(/^https?:\/\//i.test(text) ? text : whole)
  } catch {
    // Said below.
  }
  const joined = text
    .replace(/\s+/g, '')
    .replace(/^(?:https?:?\/{0,2}|http;\/\/)/i, 'https://')
    .replaceAll(',', '.')
  return bad(
    'no_website',
    /^(?:https:\/\/)?[\w.-]+\.[a-z]{2,24}(?:\/\S*)?$/i.test(joined) && joined !== text ? joined : undefined,
  )
}
