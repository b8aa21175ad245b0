/**
 * Values as bytes, so that they can be sealed: JSON, and behind it the files that are in it. What is neither JSON nor a file
 * is not kept by this device. A file's place in the JSON has a name drawn anew each time: no event that a partner sends looks
 * like one.
 */

type FileMark = { type: string; index: number; name?: string; lastModified?: number }

export async function pack(value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const place = crypto.randomUUID()
  const files: Blob[] = []
  const text = JSON.stringify(value, (_name, part: unknown) => {
    if (!(part instanceof Blob)) return part
    const mark: FileMark = { index: files.push(part), type: part.type }
    if (part instanceof File) Object.assign(mark, { name: part.name, lastModified: part.lastModified })
    return { [place]: mark }
  })
  const parts = [
    new TextEncoder().encode(`${place}${text}`),
    ...(await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())))),
  ]
  const head = 4 + parts.length * 4
  const packed = new Uint8Array(head + parts.reduce((sum, part) => sum + part.length, 0))
  const view = new DataView(packed.buffer)
  view.setUint32(0, parts.length)
  let at = head
  parts.forEach((part, index) => {
    view.setUint32(4 + index * 4, part.length)
    packed.set(part, at)
    at += part.length
  })
  return packed
}

const PLACE_LENGTH = 36

/** @throws when it was not packed by `pack` */
export function unpack(packed: Uint8Array<ArrayBuffer>): unknown {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const count = view.getUint32(0)
  let at = 4 + count * 4
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let index = 0; index < count; index += 1) {
    const length = view.getUint32(4 + index * 4)
    parts.push(packed.subarray(at, at + length))
    at += length
  }
  const text = new TextDecoder().decode(parts[0])
  const place = text.slice(0, PLACE_LENGTH)
  const json = text.slice(PLACE_LENGTH)
  if (count === 1) return JSON.parse(json)
  return JSON.parse(json, (_name, part: unknown) => {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, place)) return part
    const { index, type, name, lastModified } = (part as Record<string, FileMark>)[place]!
    const bytes = parts[index]!
    if (name === undefined) return new Blob([bytes], { type })
    return new File([bytes], name, { type, ...(lastModified === undefined ? {} : { lastModified }) })
  })
}
