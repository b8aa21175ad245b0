import { caseKinds, type Priority, priorities } from '@enlace/coordination'
import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Prospect } from '../../../viewmodel/cases/new-case.ts'
import type { CaseDraft, KeptDetails } from '../../../viewmodel/cases/types.ts'
import { Select } from '../../ui/choice.tsx'
import { useLabel, useShell, useStore, useWords } from '../../ui/hooks.ts'
import { IconButton } from '../../ui/parts.tsx'
import { LinkPicker } from '../link-picker.tsx'

/** How urgent it is; why it is so by itself, when it is about a child or somebody who may be one. */
export function PriorityPicker(props: {
  priority: Priority
  /** undefined where a person has chosen */
  because: Prospect['age']
  onChange(priority: Priority): void
}) {
  const words = useWords()
  const label = useLabel()
  return (
    <Select
      label={words.cases.form.priority}
      testId="case-priority"
      value={props.priority}
      hint={
        props.because === 'child'
          ? words.cases.form.priorityChild
          : props.because === 'uncertain'
            ? words.caseForm.priorityUncertain
            : undefined
      }
      choices={(Object.keys(priorities) as Priority[]).map((one) => ({
        value: one,
        label: label(priorities[one]),
      }))}
      onChange={(value) => props.onChange(value as Priority)}
    />
  )
}

/** Cases this one waits for, such as the certificates a child's return depends on. */
export function DraftLinks(props: { links: CaseDraft['links']; onChange(links: CaseDraft['links']): void }) {
  const words = useWords()
  const { links, onChange } = props
  return (
    <fieldset className="form-section">
      <legend>{words.cases.form.links}</legend>
      {links.map((link) => (
        <p key={link.event_id} className="draft-link" data-testid="draft-link">
          <span>
            {words.cases.file.rels[link.rel]} <b className="case-reference">{link.reference}</b>
          </span>
          <IconButton
            label={`${words.cases.page.removeLink} ${link.reference}`}
            onClick={() => onChange(links.filter((one) => one !== link))}
          >
            <X />
          </IconButton>
        </p>
      ))}
      <LinkPicker
        except={undefined}
        rels={['waits_for', 'about']}
        onChoose={(link) =>
          onChange([...links.filter((one) => one.event_id !== link.event_id), link].slice(0, MAX_LINKS))
        }
      />
    </fieldset>
  )
}

const MAX_LINKS = 20

export function useSimilar(draft: CaseDraft): readonly KeptDetails[] {
  const { session } = useShell()
  const [found, setFound] = useState<readonly KeptDetails[]>([])
  const { values, eventId } = draft
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      void session.cases.similar(values, eventId).then((all) => current && setFound(all))
    }, 400)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [session, values, eventId])
  return found
}

export function Similar(props: { found: readonly KeptDetails[] }) {
  const { session, router } = useShell()
  const words = useWords()
  const label = useLabel()
  const known = useStore(session.cases.known)
  return (
    <div className="problem case-similar" role="status" data-testid="case-similar">
      <div>
        <b>{words.cases.form.similar}</b>
        <p>{words.cases.form.similarHint}</p>
        <ul>
          {props.found.map((one) => (
            <li key={one.caseId}>
              <button
                type="button"
                className="button small"
                onClick={() => router.go({ page: 'case', caseId: one.caseId })}
              >
                {known.get(one.caseId)?.reference ?? label(caseKinds[one.kind].label)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
