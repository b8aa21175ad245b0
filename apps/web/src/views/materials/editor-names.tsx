import { X } from 'lucide-react'
import { type MaterialDraft, nameOf } from '../../viewmodel/materials/material-draft.ts'
import type { MaterialsView } from '../../viewmodel/materials/materials.ts'
import { Select } from '../ui/choice.tsx'
import { useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'

const MAX_NAMES = 20

/** Records of the directory that the material speaks of: when they change, it is to be reviewed. */
export function EditorNames(props: {
  view: MaterialsView
  draft: MaterialDraft
  set(change: Partial<MaterialDraft>): void
  wrong: boolean
}) {
  const { view, draft, set } = props
  const words = useWords().materials
  const choices = typeof view.directory === 'object' ? view.directory.choices : []
  const chosen = draft.names.map(nameOf)
  const left = choices.filter(({ value }) => !chosen.includes(value))
  return (
    <fieldset className="material-names">
      <legend>{words.names}</legend>
      <p className="muted">{words.namesHint}</p>
      {draft.names.length === 0 ? (
        <p className="muted">{words.namesNone}</p>
      ) : (
        <ul className="material-rows" data-testid="material-names">
          {draft.names.map((one) => {
            const known = choices.find(({ value }) => value === nameOf(one))
            const name = known?.name ?? one.institution
            return (
              <li key={nameOf(one)}>
                <span>
                  {name}
                  {!known && typeof view.directory === 'object' && (
                    <span className="material-fault"> {words.notPublic}</span>
                  )}
                </span>
                <IconButton
                  label={words.removeName(name)}
                  onClick={() => set({ names: draft.names.filter((other) => other !== one) })}
                >
                  <X />
                </IconButton>
              </li>
            )
          })}
        </ul>
      )}
      {view.directory === 'none' ? (
        <p className="note">{words.namesNoDirectory}</p>
      ) : (
        left.length > 0 &&
        draft.names.length < MAX_NAMES && (
          <Select
            label={words.addName}
            testId="material-name"
            search
            value=""
            wrong={props.wrong}
            onChange={(value) => {
              const choice = left.find((one) => one.value === value)
              if (!choice) return
              const { institution, service } = choice
              set({
                names: [...draft.names, { institution, ...(service === undefined ? {} : { service }) }],
              })
            }}
            choices={left.map(({ value, name }) => ({ value, label: name }))}
          />
        )
      )}
    </fieldset>
  )
}
