import { Building2 } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import {
  type LinkedAccounts,
  linkAddress,
  readLinkedAccounts,
  unlinkAccount,
} from '../../viewmodel/session/linked-accounts.ts'
import { dateTime } from '../../words/format.ts'
import { anchor } from '../ui/anchor.ts'
import { useLabel, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { Confirm } from './confirm-dialogs.tsx'

/** The institution's own accounts that one signs in with: seen, taken off, linked. Nothing where there are none. */
export function LinkedAccountsCard() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const own = words.linkedAccounts
  const [found, setFound] = useState<LinkedAccounts | 'failed' | undefined>(undefined)
  const [ending, setEnding] = useState<LinkedAccounts['linked'][number] | undefined>(undefined)
  const load = useCallback(() => {
    readLinkedAccounts(session).then(setFound, () => setFound('failed'))
  }, [session])
  useEffect(load, [load])
  if (found === undefined) return null
  if (found === 'failed')
    return (
      <section className="card" {...anchor('cuentas-enlazadas')}>
        <h2>{own.title}</h2>
        <Problem
          action={
            <button type="button" className="button" onClick={load}>
              {words.retry}
            </button>
          }
        >
          {own.failed}
        </Problem>
      </section>
    )
  const { linked, offered } = found
  if (linked.length + offered.length === 0) return null
  return (
    <section className="card" data-testid="linked-accounts" {...anchor('cuentas-enlazadas')}>
      <h2>{own.title}</h2>
      <p className="muted">
        {own.hint} {linked.length === 0 && own.none}
      </p>
      <ul className="plain-list">
        {linked.map((one) => (
          <li key={one.id} className="setting" data-testid="linked-account">
            <Building2 aria-hidden="true" />
            <p>
              <b>{label(one.name)}</b>
              <br />
              <span className="muted">{own.since(dateTime(one.since_ts, language, words))}</span>
              {one.only_way && (
                <>
                  <br />
                  <span>{own.onlyWay}</span>
                </>
              )}
            </p>
            {!one.only_way && (
              <button
                type="button"
                className="button"
                data-testid="linked-account-remove"
                aria-label={own.unlinkTitle(label(one.name))}
                onClick={() => setEnding(one)}
              >
                {own.unlink}
              </button>
            )}
          </li>
        ))}
      </ul>
      {offered.length > 0 && (
        <>
          <p className="muted">{own.linkHint}</p>
          {offered.map((one) => (
            <div key={one.id} className="row-actions">
              <button
                type="button"
                className="button"
                data-testid="linked-account-add"
                disabled={one.away}
                onClick={() => location.assign(linkAddress(session, one.id))}
              >
                {own.link(label(one.name))}
              </button>
              {one.away && <small className="muted">{own.away(label(one.name))}</small>}
            </div>
          ))}
        </>
      )}
      {ending && (
        <Confirm
          asker={session}
          title={own.unlinkTitle(label(ending.name))}
          hint={own.unlinkHint}
          submit={own.unlink}
          danger
          onClose={() => setEnding(undefined)}
          act={async (proof) => {
            const problem = await unlinkAccount(session, ending.id, proof)
            if (problem !== undefined) return problem
            setEnding(undefined)
            load()
            return undefined
          }}
        />
      )}
    </section>
  )
}
