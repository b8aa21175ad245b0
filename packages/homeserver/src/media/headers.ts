/** How content is labelled when it is served, so that nothing a stranger uploaded runs as part of a page. */

/** Types that may be shown in place (client-server API, "Serving inline content"); all others are for saving. */
const INLINE = new Set([
  'text/css',
  'text/plain',
  'text/csv',
  'application/json',
  'application/ld+json',
  'image/jpeg',
  'image/gif',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'audio/mp4',
  'audio/webm',
  'audio/aac',
  'audio/mpeg',
  'audio/ogg',
  'audio/wave',
  'audio/wav',
  'audio/x-wav',
  'audio/x-pn-wav',
  'audio/flac',
  'audio/x-flac',
])

export const SECURITY_HEADERS: Record<string, string> = {
  'Content-Security-Policy':
    "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  // Content never changes under its id, but only those signed in may have it.
  'Cache-Control': 'private, max-age=31536000, immutable',
}

/** A media type that can go into a header as it is, or the one for "bytes". */
export function safeContentType(value: string | undefined): string {
  return value !== undefined && /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(\s*;[ -~]{0,100})?$/.test(value)
    ? value
    : 'application/octet-stream'
}

/** Content-Disposition with the name in both forms (RFC 6266). */
export function contentDisposition(contentType: string, fileName: string | undefined): string {
  const essence = contentType.split(';')[0]!.trim().toLowerCase()
  const kind = INLINE.has(essence) ? 'inline' : 'attachment'
  const name = cleanFileName(fileName)
  if (name === undefined) return kind
  if (/^[\w .,()+-]+$/.test(name)) return `${kind}; filename="${name}"`
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename*=utf-8''${encoded}`
}

/** The name without path, control and direction-changing characters; undefined when nothing is left. */
export function cleanFileName(name: string | undefined): string | undefined {
  const base = name
    ?.toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .split(/[\\/]/)
    .at(-1)
    ?.trim()
    .slice(0, 200)
    .toWellFormed()
  return base || undefined
}

/** The file name in a Content-Disposition header of another server, in either form. */
export function fileNameFrom(disposition: string | undefined): string | undefined {
  if (!disposition) return undefined
  const extended = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(disposition)?.[1]
  if (extended !== undefined) {
    try {
      return cleanFileName(decodeURIComponent(extended))
    } catch (error) {
      if (!(error instanceof URIError)) throw error
    }
  }
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition)
  return cleanFileName(plain?.[1] ?? plain?.[2])
}
