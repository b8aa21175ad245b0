import { personText } from '@enlace/coordination'
import { UserRound } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { KeptDetails } from '../../viewmodel/cases/types.ts'
import { useLabel, useShell, useStore } from '../ui/hooks.ts'

/** Whom a case is about, where this device has read its form; what of the name is not known is said. No server can tell. */
export function CasePerson(props: { caseId: string }) {
  const { session } = useShell()
  const label = useLabel()
  const version = useStore(session.cases.detailsVersion)
  const [details, setDetails] = useState<KeptDetails>()
  useEffect(() => {
    let current = true
    void version
    void session.cases.details(props.caseId).then(
      (found) => current && setDetails(found),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [session, props.caseId, version])
  const person = details && personText(details.kind, details.values)
  if (!person) return null
  return (
    <span className="case-person" data-testid="case-person" dir="auto">
      <UserRound aria-hidden="true" />
      {label(person)}
    </span>
  )
}
