import type { MaterialRow } from '../../viewmodel/materials/materials.ts'
import type { Language } from '../../words/types.ts'
import { useWords } from '../ui/hooks.ts'

const formats = new Map<Language, Intl.DateTimeFormat>()

/** A day of the border's clock, with its year: materials hold for two. */
export function dayText(at: number, language: Language): string {
  const format =
    formats.get(language) ??
    new Intl.DateTimeFormat(language === 'es' ? 'es-HN' : 'en-GB', {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      timeZone: 'America/Tegucigalpa',
    })
  formats.set(language, format)
  return format.format(at)
}

/** As it stands at the beginning of a line. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** How it stands, in words; what asks for somebody stands beside it. */
export function StatusMark({ row }: { row: MaterialRow }) {
  const words = useWords().materials
  return (
    <>
      <span className="material-mark" data-status={row.status} data-testid="material-status">
        {words.statuses[row.status]}
      </span>
      {row.newer && <span className="material-mark">{words.newer}</span>}
      {(row.review?.length ?? 0) > 0 && (
        <span className="material-mark" data-status="to_review" data-testid="material-to-review">
          {words.toReview}
        </span>
      )}
      {row.waitsForMe && (
        <span className="material-mark" data-status="mine">
          {words.waitsForMe}
        </span>
      )}
    </>
  )
}
