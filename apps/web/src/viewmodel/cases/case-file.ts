import type { Escalation } from '@enlace/coordination'
import {
  answered,
  type CaseState,
  caseKinds,
  caseStatuses,
  documentTypes,
  formSections,
  majority,
  priorities,
} from '@enlace/coordination'
import type { KeptDetails } from '../../model/cases/records.ts'
import type { EventView } from '../../model/timeline/types.ts'
import { moment } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'
import {
  type HistoryEntry,
  historyOf,
  type Names,
  noteText,
  refusalLine,
  stepLines,
  stepName,
} from './case-history.ts'
import { documentTypeOf } from './case-steps.ts'

/** A case file as it is printed and as it becomes a PDF: the same words in both. */
export interface PrintedFile {
  title: string
  subtitle: string
  /** how it was made and that it is reserved */
  notice: string[]
  sections: PrintedSection[]
}

export interface PrintedSection {
  title: string
  rows?: [string, string][]
  entries?: { when: string; what: string; who: string; lines: string[] }[]
  empty?: string
}

export interface CaseFileArgs {
  state: CaseState
  details: KeptDetails | undefined
  documents: ReadonlyMap<string, EventView>
  notes: readonly EventView[]
  escalations: Iterable<Escalation>
  names: Names
  words: Words
  language: Language
  /** who prints, and when */
  by: string
  now: number
}

export function printedFile(args: CaseFileArgs): PrintedFile {
  const { state, words, language, names } = args
  const { file, page } = words.cases
  const at = (ts: number) => moment(ts, language)
  const kind = caseKinds[state.kind].label[language]
  const general: [string, string][] = [
    [file.reference, state.reference],
    [words.cases.filters.kind, kind],
    [file.status, caseStatuses[state.status][language]],
    [words.cases.filters.priority, priorities[state.priority][language]],
    [file.opened, `${at(state.openedAt)} · ${names.person(state.openedBy)}`],
    [words.cases.asks, names.institution(state.requesting)],
    [words.cases.owner, names.institution(state.owner)],
    ...(state.offered
      ? [[words.cases.offeredTo, names.institution(state.offered.to)] as [string, string]]
      : []),
    ...(state.assignee ? [[words.cases.assignee, names.person(state.assignee)] as [string, string]] : []),
    ...(state.follower ? [[words.cases.follower, names.person(state.follower)] as [string, string]] : []),
    [words.cases.due.acknowledgement, at(state.acknowledgeBy)],
    [words.cases.due.fulfilment, at(state.deadline)],
  ]
  for (const one of state.receiving)
    general.push([
      names.institution(one.institution),
      one.acknowledgedAt === undefined ? page.notAcknowledged : page.acknowledgedAt(at(one.acknowledgedAt)),
    ])
  for (const link of state.links) general.push([file.rels[link.rel], link.reference])
  if (state.duplicateOf) general.push([page.duplicateOf, state.duplicateOf.reference])

  return {
    title: file.title(state.reference),
    subtitle: kind,
    notice: [file.made(at(args.now), args.by), file.reserved],
    sections: [
      { title: file.general, rows: general },
      ...detailSections(args),
      {
        title: page.documents,
        entries: state.documents.map((one) => ({
          when: at(one.at),
          what: documentTypes[documentTypeOf(one.type)][language],
          who: names.institution(one.by),
          lines: [documentName(args.documents.get(one.eventId)), file.event(one.eventId)].filter(
            (line) => line !== undefined,
          ),
        })),
        empty: page.noDocuments,
      },
      {
        title: page.history,
        entries: historyOf(state, args.escalations).map((entry) => printedEntry(entry, args)),
      },
      {
        title: page.notes,
        entries: args.notes.map((note) => ({
          when: at(note.ts),
          what: noteText(note, words),
          who: names.person(note.sender),
          lines: [],
        })),
        empty: page.noNotes,
      },
    ],
  }
}

function printedEntry(
  entry: HistoryEntry,
  { state, names, words, language }: CaseFileArgs,
): NonNullable<PrintedSection['entries']>[number] {
  const { page } = words.cases
  const when = moment(entry.at, language)
  const who = names.person(entry.sender)
  if (entry.kind === 'opened') return { when, who, what: page.opened, lines: [] }
  if (entry.kind === 'waiting') return { when, who, what: page.waitingStep, lines: [] }
  if (entry.kind === 'refused')
    return { when, who, what: page.refused, lines: [refusalLine(entry.refused, state.kind, words, language)] }
  if (entry.kind === 'escalation') {
    const { acknowledgedBy, acknowledgedAt } = entry.escalation
    const answer =
      acknowledgedBy && acknowledgedAt !== undefined
        ? words.urgent.acknowledged(names.person(acknowledgedBy), moment(acknowledgedAt, language))
        : words.urgent.open
    return { when, who, what: words.urgent.banner, lines: [answer] }
  }
  const { step } = entry
  return {
    when,
    who: `${who}, ${names.institution(step.by.institution)}`,
    what: `${stepName(state.kind, step.step, language)}: ${caseStatuses[step.to][language]}`,
    lines: stepLines(step, names, words, language),
  }
}

function documentName(view: EventView | undefined): string | undefined {
  return view?.body && 'name' in view.body ? view.body.name : undefined
}

/** The answers of the form, in its sections and words. */
function detailSections({ state, details, words, language, names, now }: CaseFileArgs): PrintedSection[] {
  if (!details) return [{ title: words.cases.page.details, rows: [], empty: words.cases.page.noDetails }]
  const answers = answered(details.kind, details.values)
  const age = majority(details.kind, details.values, now)
  const sections = [...new Set(answers.map((one) => one.field.section))].map((section) => ({
    title: formSections[section][language],
    rows: [
      ...answers
        .filter((one) => one.field.section === section)
        .map(({ field, text }): [string, string] => [field.label[language], text[language]]),
      // A file that is read by itself says how the person is to be treated.
      ...(section === 'person' && age === 'uncertain'
        ? [[words.caseForm.ageRow, words.caseForm.uncertain] as [string, string]]
        : []),
    ],
  }))
  return [
    ...sections,
    {
      title: words.cases.page.details,
      rows: [
        [
          state.reference,
          words.cases.page.detailsBy(names.person(details.sender), moment(details.ts, language)),
        ],
      ],
    },
  ]
}
