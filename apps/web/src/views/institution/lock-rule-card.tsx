import { useEffect, useState } from 'react'
import { type LockRule, lockRule, saveLockRule } from '../../viewmodel/session/lock-rule.ts'
import { failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const MINUTES = [1, 3, 5, 10, 15, 30, 60] as const
const REQUIRED = ['no', 'shared', 'always'] as const

/** For coordinators: which devices of their people need a lock, and when it shuts at the latest. */
export function LockRuleCard() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const now = useStore(lockRule)
  const [rule, setRule] = useState<LockRule>(now)
  const [saved, setSaved] = useState(false)
  const { busy, failure, run } = useTask()
  useEffect(() => setRule(now), [now])
  const change = (next: Partial<LockRule>) => {
    setSaved(false)
    setRule({ ...rule, ...next })
  }
  return (
    <section className="card" data-testid="lock-rule">
      <h2>{words.lockRule.title}</h2>
      <p className="muted">{words.lockRule.hint}</p>
      <Select
        label={words.lockRule.required}
        testId="lock-rule-required"
        value={rule.required}
        onChange={(value) => change({ required: REQUIRED.find((one) => one === value) ?? 'no' })}
        choices={REQUIRED.map((one) => ({ value: one, label: words.lockRule.which[one] }))}
      />
      <Select
        label={words.lockRule.idle}
        testId="lock-rule-idle"
        value={String(rule.idle_minutes ?? 0)}
        onChange={(value) => change({ idle_minutes: Number(value) || null })}
        choices={[
          { value: String(0), label: words.lockRule.anyTime },
          ...MINUTES.map((minutes) => ({ value: String(minutes), label: words.lock.minutes(minutes) })),
        ]}
      />
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {saved && (
        <p className="note" role="status" data-testid="lock-rule-saved">
          {words.lockRule.saved}
        </p>
      )}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="lock-rule-save"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await saveLockRule(session, rule)
              setSaved(true)
            })
          }
        >
          {words.lockRule.save}
        </button>
      </div>
    </section>
  )
}
