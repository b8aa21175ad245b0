import { useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** Messages wait to be sent in what is about to be deleted, or may: they are lost knowingly, or not at all. */
export function LoseUnsent(props: {
  /** undefined: it is not known whether there are any */
  count: number | undefined
  /** What becomes of them, and how they can still be sent. */
  hint: string
  /** Whether it is known that the account's recovery key is kept. */
  keyKept: boolean
  lose: boolean
  setLose(yes: boolean): void
}) {
  const { unsent, keyLoss } = useWords()
  const { count, keyKept } = props
  const own = count === undefined ? unsent.loseUnknown : unsent.lose
  return (
    <div
      className="unsent"
      data-testid="unsent"
      data-count={count ?? 'unknown'}
      data-key={keyKept ? 'kept' : 'unknown'}
    >
      {count !== 0 && (
        <Problem>
          {count === undefined ? (
            <>
              <b>{unsent.unknown}.</b> {unsent.unknownHint}
            </>
          ) : (
            <>
              <b>{unsent.title(count)}.</b> {props.hint}
            </>
          )}
        </Problem>
      )}
      {!keyKept && <Problem>{keyLoss.forget}</Problem>}
      <LoseTick
        words={keyKept ? own : count === 0 ? keyLoss.lose : keyLoss.loseBoth}
        lose={props.lose}
        setLose={props.setLose}
      />
    </div>
  )
}

export function LoseTick(props: { words: string; lose: boolean; setLose(yes: boolean): void }) {
  return (
    <label className="check-line">
      <input
        type="checkbox"
        data-testid="unsent-lose"
        checked={props.lose}
        onChange={(event) => props.setLose(event.target.checked)}
      />
      <span>{props.words}</span>
    </label>
  )
}
