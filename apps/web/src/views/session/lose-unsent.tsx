import { useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** Messages wait to be sent in what is about to be deleted, or may: they are lost knowingly, or not at all. */
export function LoseUnsent(props: {
  /** undefined: it is not known whether there are any */
  count: number | undefined
  /** What becomes of them, and how they can still be sent. */
  hint: string
  lose: boolean
  setLose(yes: boolean): void
}) {
  const { unsent } = useWords()
  return (
    <div className="unsent" data-testid="unsent" data-count={props.count ?? 'unknown'}>
      <Problem>
        {props.count === undefined ? (
          <>
            <b>{unsent.unknown}.</b> {unsent.unknownHint}
          </>
        ) : (
          <>
            <b>{unsent.title(props.count)}.</b> {props.hint}
          </>
        )}
      </Problem>
      <LoseTick isKnown={props.count !== undefined} lose={props.lose} setLose={props.setLose} />
    </div>
  )
}

export function LoseTick(props: { isKnown?: boolean; lose: boolean; setLose(yes: boolean): void }) {
  const { unsent } = useWords()
  return (
    <label className="check-line">
      <input
        type="checkbox"
        data-testid="unsent-lose"
        checked={props.lose}
        onChange={(event) => props.setLose(event.target.checked)}
      />
      <span>{props.isKnown === false ? unsent.loseUnknown : unsent.lose}</span>
    </label>
  )
}
