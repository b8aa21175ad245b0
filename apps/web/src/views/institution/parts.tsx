import { ShieldAlert } from 'lucide-react'
import type { TrustFault } from '../../viewmodel/institution/types.ts'
import type { Language } from '../../words/types.ts'
import { useInstitutionName, useWords } from '../ui/hooks.ts'

const DATE = { day: 'numeric', month: 'long', year: 'numeric' } as const

export const date = (ms: number, language: Language): string =>
  new Intl.DateTimeFormat(language === 'es' ? 'es-HN' : 'en-GB', DATE).format(ms)

/** What does not fit, and whom to call. */
export function FaultNotice({
  fault,
  coordinators = [],
}: {
  fault: TrustFault
  coordinators?: readonly string[]
}) {
  const words = useWords()
  const name = useInstitutionName()
  const own = words.fault
  const about = fault.institution === undefined ? undefined : name(fault.institution)
  return (
    <div className="problem fault" role="alert" data-testid="trust-fault" data-fault={fault.fault}>
      <ShieldAlert aria-hidden="true" />
      <div>
        <b>{about === undefined ? own.banner : fault.fault === 'expired' ? about : own.institution(about)}</b>
        <p>{own.kinds[fault.fault]}</p>
        <p>
          {about === undefined
            ? own.callNetwork
            : fault.fault === 'expired'
              ? own.expiredInstitution(about)
              : own.callInstitution(about)}
        </p>
        {coordinators.length > 0 && (
          <ul className="bullets">
            {coordinators.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        )}
        <details>
          <summary>{own.details}</summary>
          <p className="mono">
            {own.file(fault.file)}. {fault.detail}
          </p>
        </details>
      </div>
    </div>
  )
}

/** A number for the telephone. */
export function ReadableCode(props: { code: string; label: string; testId?: string }) {
  return (
    <p className="readable-code">
      <span className="muted">{props.label}</span>
      <code data-testid={props.testId}>{props.code}</code>
    </p>
  )
}
