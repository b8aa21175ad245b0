import { ShieldAlert } from 'lucide-react'
import { useEffect } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import { useInstitutionName, useShell, useStore, useWords } from '../ui/hooks.ts'

/** Above everything when what the own server brings is not what was signed; for coordinators also when the node has an alarm. */
export default function TrustBanner(props: { here: boolean }) {
  const { session, router } = useShell()
  const words = useWords()
  const name = useInstitutionName()
  const institutions = institutionsOf(session)
  const network = useStore(institutions.network)
  const faults = useStore(institutions.faults)
  const newAlarms = useStore(institutions.newAlarms)
  useEffect(() => {
    institutions.start()
    return () => institutions.stop()
  }, [institutions])
  if (props.here) return null
  const [fault] = faults.filter((one) => one.fault !== 'expired')
  const text =
    network.kind === 'fault'
      ? words.fault.banner
      : fault?.institution !== undefined
        ? words.fault.institution(name(fault.institution))
        : newAlarms > 0
          ? words.network.banner(newAlarms)
          : undefined
  if (text === undefined) return null
  return (
    <div className="banner" role="alert" data-testid="trust-banner">
      <ShieldAlert aria-hidden="true" />
      <span>{text}</span>
      <button
        type="button"
        className="button"
        data-testid="trust-banner-open"
        onClick={() => router.go({ page: 'network' })}
      >
        {words.network.see}
      </button>
    </div>
  )
}
