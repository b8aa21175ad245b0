import { halvesOf } from '@enlace/directory/both-languages'
import { ArrowDown, ArrowUp, Trash2 } from 'lucide-react'
import type { DraftBlock, DraftFault, MaterialDraft } from '../../viewmodel/materials/material-draft.ts'
import { useLabel, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'

/** The form takes no more than the material does. */
const MAX_BLOCKS = 60

/** Texts one under the other, each with its place. */
export function EditorBlocks(props: {
  draft: MaterialDraft
  set(change: Partial<MaterialDraft>): void
  faults: readonly DraftFault[]
}) {
  const { draft, set, faults } = props
  const words = useWords().materials
  const label = useLabel()
  const { blocks } = draft
  const change = (at: number, block: DraftBlock) => set({ blocks: blocks.with(at, block) })
  const move = (from: number, to: number) => {
    const next = blocks.toSpliced(from, 1)
    set({ blocks: next.toSpliced(to, 0, blocks[from]!) })
  }
  const add = (block: DraftBlock) => set({ blocks: [...blocks, block] })
  const key = () => crypto.randomUUID()
  const whole = faults.find((one) => one.block === undefined)
  return (
    <fieldset className="material-blocks">
      <legend>{words.text}</legend>
      <p className="muted" id="material-text-hint">
        {words.textHint}
      </p>
      {blocks.map((block, at) => {
        const fault = faults.find((one) => one.block === at)
        const kind = block.kind === 'notice' ? block.tone : block.kind
        const name = words.blockOf(words.blocks[kind], at + 1)
        const said = fault?.says ? halvesOf(fault.says) : undefined
        return (
          <div key={block.key} className="material-block" data-kind={kind}>
            <div className="material-block-head">
              <span>{words.blocks[kind]}</span>
              <IconButton label={words.up(at + 1)} disabled={at === 0} onClick={() => move(at, at - 1)}>
                <ArrowUp />
              </IconButton>
              <IconButton
                label={words.down(at + 1)}
                disabled={at === blocks.length - 1}
                onClick={() => move(at, at + 1)}
              >
                <ArrowDown />
              </IconButton>
              <IconButton
                label={words.removeBlock(at + 1)}
                disabled={blocks.length === 1}
                onClick={() => set({ blocks: blocks.toSpliced(at, 1) })}
              >
                <Trash2 />
              </IconButton>
            </div>
            {block.kind === 'kept' ? (
              <p className="muted">{words.keptBlock}</p>
            ) : (
              <textarea
                aria-label={name}
                aria-describedby="material-text-hint"
                aria-invalid={fault !== undefined || undefined}
                data-testid="material-text"
                lang={draft.language || undefined}
                rows={block.kind === 'text' ? 8 : 3}
                maxLength={block.kind === 'text' ? 6_000 : 1_500}
                value={block.markdown}
                onChange={(event) => change(at, { ...block, markdown: event.target.value })}
              />
            )}
            {fault && (
              <p className="material-fault" role="status" data-testid="material-text-fault">
                {said ? label(said) : words.fault.blocks}
              </p>
            )}
          </div>
        )
      })}
      {whole && <p className="material-fault">{words.fault.blocks}</p>}
      {blocks.length < MAX_BLOCKS && (
        <div className="row-actions">
          <button
            type="button"
            className="button small"
            data-testid="block-text"
            onClick={() => add({ key: key(), kind: 'text', markdown: '' })}
          >
            {words.addText}
          </button>
          <button
            type="button"
            className="button small"
            data-testid="block-advice"
            onClick={() => add({ key: key(), kind: 'notice', tone: 'advice', markdown: '' })}
          >
            {words.addAdvice}
          </button>
          <button
            type="button"
            className="button small"
            data-testid="block-warning"
            onClick={() => add({ key: key(), kind: 'notice', tone: 'warning', markdown: '' })}
          >
            {words.addWarning}
          </button>
        </div>
      )}
    </fieldset>
  )
}
