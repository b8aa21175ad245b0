/** Addresses of the files that a message carries: the file itself and its small picture, encrypted or not. */
export function mediaIn(content: Record<string, unknown>): string[] {
  const { url, file, info } = content
  const { thumbnail_url, thumbnail_file } = fieldsOf(info)
  return [url, fieldsOf(file)['url'], thumbnail_url, fieldsOf(thumbnail_file)['url']].filter(
    (address): address is string => typeof address === 'string' && address.startsWith('mxc://'),
  )
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
