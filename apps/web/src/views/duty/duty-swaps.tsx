import type { DutySwapAction } from '@enlace/coordination/duty'
import { swapRefusal } from '@enlace/coordination/duty'
import { ArrowRightLeft } from 'lucide-react'
import { useState } from 'react'
import type { DutyModel, DutyPage, DutyState } from '../../viewmodel/duty/types.ts'
import { failureText, moment } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const ACTIONS = ['accept', 'decline', 'withdraw', 'undo'] as const

type Props = { model: DutyModel; state: DutyState; page: DutyPage; nameOf(userId: string): string }

/** One asks, the other accepts; whoever keeps the book sees all and can undo. */
export function DutySwaps(props: Props) {
  const { page } = props
  const words = useWords()
  return (
    <section aria-labelledby="duty-swaps-title" data-testid="duty-swaps">
      <h3 id="duty-swaps-title">{words.duty.swaps}</h3>
      <p className="muted">{words.duty.swapsHint}</p>
      {page.swaps.length === 0 && <p className="muted">{words.duty.noSwaps}</p>}
      <ul className="duty-list">
        {[...page.swaps].reverse().map((one) => (
          <Swap key={one.id} {...props} swap={one} />
        ))}
      </ul>
      <AskSwap {...props} />
    </section>
  )
}

function Swap(props: Props & { swap: DutyPage['swaps'][number] }) {
  const { model, page, nameOf, swap } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { busy, failure, run } = useTask()
  const position = page.book.positions.find((one) => one.key === swap.position)
  const who = { userId: session.userId, keeps: page.keeps }
  const possible = ACTIONS.filter((action) => swapRefusal(swap, action, who, page.now_ts) === undefined)
  return (
    <li className="duty-card" data-testid="duty-swap">
      <b>
        {words.duty.swap(
          nameOf(swap.giver),
          nameOf(swap.taker),
          position ? label(position.name) : swap.position,
        )}
      </b>
      <span>
        {moment(swap.from_ts, language)} – {moment(swap.to_ts, language)}
      </span>
      <span className="muted">{words.duty.swapState[swap.state]}</span>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {possible.length > 0 && (
        <span className="row-actions">
          {possible.map((action: DutySwapAction) => (
            <button
              key={action}
              type="button"
              className={action === 'accept' ? 'button primary' : 'button'}
              data-testid={`duty-swap-${action}`}
              disabled={busy}
              onClick={() => void run(() => model.answerSwap(swap.id, action))}
            >
              {words.duty[action]}
            </button>
          ))}
        </span>
      )}
    </li>
  )
}

function AskSwap({ model, page }: Props) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { busy, failure, run } = useTask()
  const [chosen, setChosen] = useState('')
  const [taker, setTaker] = useState('')
  const mine = page.spans.filter((one) => one.people.includes(session.userId) && one.to_ts > page.now_ts)
  const others = page.people.filter((one) => one.user_id !== session.userId)
  if (mine.length === 0 || others.length === 0)
    return <p className="muted">{mine.length === 0 ? words.duty.noMine : ''}</p>
  const keyOf = (one: (typeof mine)[number]) => `${one.position}|${one.from_ts}`
  const span = mine.find((one) => keyOf(one) === chosen)
  const name = (key: string) => {
    const found = page.book.positions.find((one) => one.key === key)
    return found ? label(found.name) : key
  }
  return (
    <div className="duty-pair">
      <Select
        label={words.duty.mine}
        testId="duty-swap-mine"
        value={chosen}
        onChange={(value) => setChosen(value)}
        choices={[
          { value: '', label: words.duty.choose },
          ...mine.map((one) => ({
            value: keyOf(one),
            label: `${moment(Math.max(one.from_ts, page.now_ts), language)}, ${name(one.position)}`,
          })),
        ]}
      />
      <Select
        label={words.duty.takenBy}
        testId="duty-swap-taker"
        value={taker}
        onChange={(value) => setTaker(value)}
        choices={[
          { value: '', label: words.duty.choose },
          ...others.map((one) => ({ value: one.user_id, label: one.name })),
        ]}
      />
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <button
        type="button"
        className="button"
        data-testid="duty-swap-ask"
        disabled={busy || !span || taker === ''}
        onClick={() =>
          span &&
          void run(async () => {
            const { position, from_ts, to_ts } = span
            await model.askSwap({ position, taker, from_ts: Math.max(from_ts, page.now_ts), to_ts })
            setChosen('')
            setTaker('')
          })
        }
      >
        <ArrowRightLeft aria-hidden="true" />
        {words.duty.ask}
      </button>
    </div>
  )
}
