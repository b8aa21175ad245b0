import { type CaseKind, caseKinds, caseKindsFor } from '@enlace/coordination'
import {
  ArrowRightLeft,
  Baby,
  BadgeCheck,
  BookUser,
  Bus,
  CalendarPlus,
  HandHeart,
  type LucideIcon,
  PencilLine,
  ScrollText,
} from 'lucide-react'
import { useLabel, useWords } from '../../ui/hooks.ts'
import { ChoiceCards } from './choice-cards.tsx'

const icons: Record<CaseKind, LucideIcon> = {
  birth_certificate: ScrollText,
  late_registration: CalendarPlus,
  correction: PencilLine,
  nationality_verification: BadgeCheck,
  travel_document: BookUser,
  return_notice: Bus,
  child_return: Baby,
  referral: HandHeart,
  transfer: ArrowRightLeft,
}

/** What is asked for: the kinds of this channel's topic first. */
export function KindCards(props: {
  topic: string
  chosen: CaseKind | undefined
  onChoose(kind: CaseKind, byPointer: boolean): void
}) {
  const words = useWords()
  const label = useLabel()
  const { fits, others } = caseKindsFor(props.topic)
  const group = (kinds: readonly CaseKind[], title: string) => (
    <>
      <h4 className="case-kinds-title">{title}</h4>
      <ChoiceCards
        testId="case-kind"
        label={title}
        value={props.chosen ?? ''}
        options={kinds.map((kind) => {
          const Icon = icons[kind]
          return { key: kind, label: label(caseKinds[kind].label), icon: <Icon aria-hidden="true" /> }
        })}
        onChange={props.onChoose}
      />
    </>
  )
  return (
    <section className="case-kinds" aria-labelledby="case-kinds-title">
      <h3 id="case-kinds-title">{words.cases.form.kind}</h3>
      {group(fits, words.cases.form.kindFits)}
      {group(others, words.cases.form.kindOthers)}
    </section>
  )
}
