/** Who holds the positions of a book now, for people: until when, and who comes after. */
import { type DutyMatter, type DutySource, dutySpans, positionsFor } from '@enlace/coordination/duty'
import type { PositionNow } from './types.ts'

/** How far ahead the end of a stretch is looked for. */
const AHEAD_MS = 14 * 86_400_000

export async function positionsNow(
  source: DutySource,
  now: number,
  more: {
    usable(userId: string): Promise<boolean>
    name(userId: string): Promise<string | undefined>
    /** Those that answer for it, by name first; absent: all. */
    matter?: DutyMatter
    position?: string
  },
): Promise<PositionNow[]> {
  const { book } = source
  const { named, general } = positionsFor(book, more.matter ?? {})
  const wanted = more.position === undefined ? [...named, ...general] : [more.position]
  const people = async (ids: readonly string[]) => {
    const out: { user_id: string; name?: string }[] = []
    for (const user_id of ids) {
      if (!(await more.usable(user_id))) continue
      const name = await more.name(user_id)
      out.push({ user_id, ...(name === undefined ? {} : { name }) })
    }
    return out
  }
  const out: PositionNow[] = []
  for (const key of wanted) {
    const position = book.positions.find((one) => one.key === key)
    if (!position) continue
    const spans = dutySpans(source, key, now, now + AHEAD_MS)
    const [current, ...later] = spans
    const next = later.find((one) => one.people.length > 0)
    out.push({
      key,
      name: position.name,
      ...(position.contact === undefined ? {} : { contact: position.contact }),
      on_duty: await people(current?.people ?? []),
      until_ts: current?.to_ts ?? now + AHEAD_MS,
      ...(next ? { next: { from_ts: next.from_ts, people: await people(next.people) } } : {}),
    })
  }
  return out
}
