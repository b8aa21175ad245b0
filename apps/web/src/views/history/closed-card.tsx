import { LockKeyhole } from 'lucide-react'
import { useEffect, useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const NAMED = 3

/** In place of what this device cannot open: who can, and one button. */
export function ClosedCard(props: { count: number; roomId: string }) {
  const { count, roomId } = props
  const { session } = useShell()
  const { history } = session
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const asked = useStore(history.asked).get(roomId)
  const version = useStore(session.people.version)
  const [helpers, setHelpers] = useState<{ own: string[]; others: string[] } | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  // People and their institutions may arrive after the first look.
  useEffect(() => {
    let current = true
    void history.helpers(roomId).then((found) => current && setHelpers(found))
    return () => {
      current = false
    }
  }, [history, roomId, version])

  async function ask(reach: 'own' | 'others') {
    setBusy(true)
    setProblem(undefined)
    try {
      await history.ask(roomId, reach)
    } catch (error) {
      setProblem(failureText(failureOf(error), language, words))
    } finally {
      setBusy(false)
    }
  }

  const own = helpers?.own ?? []
  const others = helpers?.others ?? []
  const names = own.slice(0, NAMED).map((userId) => people.person(userId, roomId).name)
  const shared = history.shares(roomId)
  const sentence = () => {
    const when = asked ? dateTime(asked.since, language, words) : ''
    if (asked?.state === 'asked')
      return asked.others
        ? words.history.askedOthers(asked.people, when)
        : words.history.asked(asked.people, when)
    if (asked?.state === 'declined' || asked?.state === 'came') return words.history[asked.state]
    if (asked?.state === 'nobody') return asked.others ? words.history.nobodyCan : words.history.nobody
    if (own.length > 0) return words.history.ownCan(names.join(', '), own.length - names.length)
    return others.length > 0 ? words.history.othersCan(others.length) : words.history.nobodyCan
  }
  const reach = asked || own.length === 0 ? 'others' : 'own'
  const canAsk =
    reach === 'own' || (others.length > 0 && !(asked?.others && ['asked', 'came'].includes(asked.state)))
  return (
    <section
      className="closed-card"
      data-testid="history-closed"
      data-state={shared ? (asked?.state ?? 'new') : 'not_shared'}
    >
      <p className="closed-head" data-testid="message-undecryptable" data-reason="before_device">
        <LockKeyhole aria-hidden="true" />
        <strong>{words.history.closed(count)}</strong>
      </p>
      <p role="status">{shared ? helpers && sentence() : words.history.notShared}</p>
      {problem && <Problem>{problem}</Problem>}
      {shared && helpers && canAsk && (
        <button
          type="button"
          className="button"
          data-testid={reach === 'own' ? 'history-ask' : 'history-ask-others'}
          disabled={busy}
          onClick={() => void ask(reach)}
        >
          {busy
            ? words.history.asking
            : reach === 'own'
              ? words.history.ask
              : asked?.others
                ? words.history.again
                : words.history.askOthers}
        </button>
      )}
    </section>
  )
}
