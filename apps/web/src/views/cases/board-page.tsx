import { ArrowLeft, CloudOff, Download, FolderOpen, RefreshCw } from 'lucide-react'
import { useMemo, useState } from 'react'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { saveFile } from '../../lib/save-file.ts'
import { createBoard, mayAcknowledge } from '../../viewmodel/cases/board.ts'
import { columnsOf } from '../../viewmodel/cases/board-columns.ts'
import type { Board, BoardState } from '../../viewmodel/cases/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useMedia, useModel, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem } from '../ui/parts.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { BoardFilters, BoardTabs, filtersIn } from './board-filters.tsx'
import { BoardLanes } from './board-lanes.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { DraftsList } from './drafts-list.tsx'
import { NewCaseButton } from './new-case-button.tsx'

export default function BoardPage() {
  const { session } = useShell()
  const board = useModel(() => createBoard(session), [session])
  return board ? <BoardView board={board} /> : null
}

function BoardView(props: { board: Board }) {
  const { board } = props
  const { router, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(board.state)
  const selected = useStore(board.selected)
  const me = useStore(session.me)
  const wide = useMedia('(min-width: 720px)')
  const columns = useMemo(() => columnsOf(state.rows), [state.rows])
  const [failed, setFailed] = useState<Failure | undefined>(undefined)
  const institution = me?.institution?.key

  async function exportCsv() {
    setFailed(undefined)
    try {
      // Reading the answer as text removed the byte-order mark by which spreadsheets recognise UTF-8.
      const text = ['\uFEFF', await board.csv()]
      saveFile(new Blob(text, { type: 'text/csv;charset=utf-8' }), 'casos.csv')
    } catch (error) {
      setFailed(failureOf(error))
    }
  }

  return (
    <section className="board">
      <header className="board-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          testId="back"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h2>{words.cases.title}</h2>
        <span className="muted board-total" data-testid="board-total" aria-live="polite">
          {words.cases.count(state.total)}
        </span>
        <IconButton
          label={state.loading ? words.cases.refreshing : words.cases.refresh}
          testId="board-refresh"
          className={state.loading ? 'turning' : ''}
          onClick={() => void board.refresh()}
        >
          <RefreshCw />
        </IconButton>
        {state.source !== 'timelines' && (
          <IconButton label={words.cases.export} testId="board-export" onClick={() => void exportCsv()}>
            <Download />
          </IconButton>
        )}
        <NewCaseButton />
      </header>
      <BoardTabs tab={state.choice.tab} counts={state.counts} onChoose={(tab) => board.choose({ tab })} />
      <BoardFilters choice={state.choice} onChange={board.choose} />
      <Notices state={state} board={board} />
      <DeletedCases deleted={state.deleted} onOpen={(caseId) => router.go({ page: 'case', caseId })} />
      {failed && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void exportCsv()}>
              {words.retry}
            </button>
          }
        >
          {words.cases.exportFailed} {failureText(failed, language, words)}
        </Problem>
      )}
      <DraftsList />
      {state.rows.length > 0 ? (
        <BoardLanes
          columns={columns}
          layout={wide ? 'columns' : 'list'}
          now={state.now}
          selected={selected}
          mayAcknowledge={(row) => mayAcknowledge(row, institution)}
          onOpen={(caseId) => router.go({ page: 'case', caseId })}
          onToggle={board.toggle}
          onAcknowledge={(id) => void board.acknowledge(selected.has(id) ? [...selected] : [id])}
          onEnd={() => void board.loadMore()}
        />
      ) : state.loading ? (
        <div className="page-center">
          <Skeleton shape="cards" />
        </div>
      ) : (
        <Empty state={state} board={board} />
      )}
      {state.more && (
        <p className="board-more muted">
          {words.cases.shownOf(state.rows.length, state.total)}{' '}
          <button
            type="button"
            className="button small"
            data-testid="board-load-more"
            onClick={() => void board.loadMore()}
          >
            {words.cases.loadMore}
          </button>
        </p>
      )}
      <BulkBar board={board} />
    </section>
  )
}

function Notices(props: { state: BoardState; board: Board }) {
  const words = useWords()
  const language = useLanguage()
  const { state } = props
  if (state.source === 'timelines')
    return (
      <p className="board-note" role="status">
        {words.cases.offlineLocal}
      </p>
    )
  if (!state.failure) return null
  if (state.failure.kind === 'offline')
    return (
      <p className="board-note" role="status" data-testid="board-offline">
        <CloudOff aria-hidden="true" />
        {state.asOf === undefined
          ? words.failure.offline
          : words.cases.offlineSince(dateTime(state.asOf, language, words))}
      </p>
    )
  return (
    <Problem
      action={
        <button type="button" className="button" onClick={() => void props.board.refresh()}>
          {words.retry}
        </button>
      }
    >
      {words.cases.loadFailed} {failureText(state.failure, language, words)}
    </Problem>
  )
}

/** A case that somebody deleted is not passed over in silence. */
function DeletedCases(props: { deleted: BoardState['deleted']; onOpen(caseId: string): void }) {
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { deleted } = props
  if (deleted.length === 0) return null
  const name = (userId: string | undefined) => (userId ? people.person(userId).title : '?')
  return (
    <details className="board-note" data-testid="board-deleted">
      <summary>{words.cases.deleted.count(deleted.length)}</summary>
      <ul className="plain-list">
        {deleted.map((one) => (
          <li key={one.id}>
            <button type="button" className="button small" onClick={() => props.onOpen(one.id)}>
              {words.cases.deleted.line(
                name(one.opened_by),
                dateTime(one.opened_ts, language, words),
                name(one.deleted_by),
                one.deleted_ts === undefined ? '' : dateTime(one.deleted_ts, language, words),
              )}
            </button>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** An empty board says why, and what to do next. */
function Empty(props: { state: BoardState; board: Board }) {
  const words = useWords()
  const { choice } = props.state
  const { empty } = words.cases
  if (filtersIn(choice) > 0 || choice.reference.trim() !== '')
    return (
      <Blank icon={<FolderOpen />} title={empty.filtered} hint={empty.filteredHint}>
        <button
          type="button"
          className="button primary"
          onClick={() =>
            props.board.choose({
              kind: undefined,
              priority: undefined,
              flag: undefined,
              family: undefined,
              ended: false,
              reference: '',
            })
          }
        >
          {words.cases.filters.clear}
        </button>
      </Blank>
    )
  const next = choice.tab === 'mine' ? 'institution' : 'all'
  return (
    <Blank icon={<FolderOpen />} title={empty[choice.tab]} hint={empty[`${choice.tab}Hint`]}>
      {choice.tab !== 'all' && (
        <button type="button" className="button primary" onClick={() => props.board.choose({ tab: next })}>
          {next === 'all' ? empty.toAll : empty.toInstitution}
        </button>
      )}
    </Blank>
  )
}
