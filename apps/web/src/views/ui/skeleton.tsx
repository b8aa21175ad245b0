import { useWords } from './hooks.ts'

const WIDTHS = ['72%', '54%', '64%', '48%', '70%', '58%']

/** What a page will look like, while it is on its way: rows of a list, cards of a board, or a conversation. */
export function Skeleton(props: { shape: 'rows' | 'cards' | 'talk'; count?: number; label?: string }) {
  const words = useWords()
  const count = props.count ?? 6
  return (
    <div className={`skeleton ${props.shape}`} role="status">
      <span className="visually-hidden">{props.label ?? words.loading}</span>
      {Array.from({ length: count }, (_, at) =>
        props.shape === 'cards' ? (
          <div key={at} className="skeleton-block" />
        ) : (
          <div
            key={at}
            className="skeleton-line"
            style={{ '--wide': WIDTHS[at % WIDTHS.length] } as React.CSSProperties}
          >
            <i />
            <i />
          </div>
        ),
      )}
    </div>
  )
}
