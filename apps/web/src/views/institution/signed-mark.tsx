import { BadgeCheck, CircleDashed, ShieldAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import type { SignedMarkState } from '../../viewmodel/institution/types.ts'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { date, FaultNotice } from './parts.tsx'

/**
 * Whether what the page shows of an entry is what the institution signed, checked on this device.
 * @param version another for another copy of the entry: it is checked anew
 */
export function SignedMark({ institution, version }: { institution: string; version: string }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [state, setState] = useState<SignedMarkState>({ kind: 'checking' })
  useEffect(() => {
    let current = true
    setState({ kind: 'checking' })
    void institutionsOf(session)
      .mark(institution)
      .then((next) => current && setState(next))
    return () => {
      current = false
    }
  }, [session, institution, version])
  const own = words.mark
  if (state.kind === 'fault') return <FaultNotice fault={state.fault} />
  if (state.kind === 'differs')
    return (
      <div className="problem" role="alert" data-testid="signed-mark" data-state="differs">
        <ShieldAlert aria-hidden="true" />
        <div>
          <b>{own.differs}</b>
          <p>{own.differsHint}</p>
        </div>
      </div>
    )
  const text =
    state.kind === 'same'
      ? state.signedAt === undefined
        ? own.sameNoDate(state.version)
        : own.same(date(state.signedAt, language))
      : own[state.kind]
  return (
    <p
      className={`signed-mark ${state.kind === 'same' ? 'ok' : 'muted'}`}
      data-testid="signed-mark"
      data-state={state.kind}
      title={state.kind === 'unsigned' ? own.unsignedHint : undefined}
    >
      {state.kind === 'same' ? <BadgeCheck aria-hidden="true" /> : <CircleDashed aria-hidden="true" />}
      <span>{text}</span>
    </p>
  )
}
