import { totalOf, type WaitingCounts, type WaitKind } from '../../lib/waiting.ts'
import type { Words } from '../../words/types.ts'
import { useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** What all of it is called: messages by their name, several kinds together. */
export const waitingTitle = (counts: WaitingCounts, { unsent }: Words): string =>
  Object.keys(counts).some((kind) => kind !== 'messages')
    ? unsent.titleAll(totalOf(counts))
    : unsent.title(totalOf(counts))

/** A line for each kind beside messages, which stand by their channels, or for them too. */
export function WaitingKinds(props: { counts: WaitingCounts; messages?: boolean }) {
  const { unsent } = useWords()
  const kinds = Object.entries(props.counts) as [WaitKind, number][]
  return kinds
    .filter(([kind]) => props.messages || kind !== 'messages')
    .map(([kind, count]) => (
      <li key={kind} data-kind={kind}>
        {unsent.in(unsent.kinds[kind], count)}
      </li>
    ))
}

/** Things wait to be sent in what is about to be deleted, or may: they are lost knowingly, or not at all. */
export function LoseUnsent(props: {
  /** undefined: it is not known whether there are any */
  counts: WaitingCounts | undefined
  /** What becomes of them, and how they can still be sent. */
  hint: string
  /** Whether it is known that the account's recovery key is kept. */
  keyKept: boolean
  lose: boolean
  setLose(yes: boolean): void
}) {
  const words = useWords()
  const { unsent, keyLoss } = words
  const { counts, keyKept } = props
  const waits = counts === undefined || totalOf(counts) > 0
  const own = counts === undefined ? unsent.loseUnknown : unsent.lose
  return (
    <div
      className="unsent"
      data-testid="unsent"
      data-count={counts ? totalOf(counts) : 'unknown'}
      data-key={keyKept ? 'kept' : 'unknown'}
    >
      {waits && (
        <Problem>
          {counts === undefined ? (
            <>
              <b>{unsent.unknown}.</b> {unsent.unknownHint}
            </>
          ) : (
            <>
              <b>{waitingTitle(counts, words)}.</b> {props.hint}
            </>
          )}
        </Problem>
      )}
      {counts && Object.keys(counts).some((kind) => kind !== 'messages') && (
        <ul className="bullets">
          <WaitingKinds counts={counts} messages />
        </ul>
      )}
      {!keyKept && <Problem>{keyLoss.forget}</Problem>}
      <LoseTick
        words={keyKept ? own : waits ? keyLoss.loseBoth : keyLoss.lose}
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
