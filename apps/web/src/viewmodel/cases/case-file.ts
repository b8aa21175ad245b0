import type { Escalation } from '@enlace/coordination'
import {
  askedFields,
  type CaseState,
  caseKinds,
  caseStatuses,
  documentTypes,
  type FormField,
  formSections,
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
function detailSections({ state, details, words, language, names }: CaseFileArgs): PrintedSection[] {
  if (!details) return [{ title: words.cases.page.details, rows: [], empty: words.cases.page.noDetails }]
  const fields = askedFields(details.kind, details.values).filter((one) => details.values[one.key])
  const sections = [...new Set(fields.map((one) => one.section))].map((section) => ({
    title: formSections[section][language],
    rows: fields
      .filter((one) => one.section === section)
      .map((one): [string, string] => [
        one.label[language],
        answerText(one, details.values[one.key]!, language),
      ]),
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

/** An answer as a person reads it. */
export function answerText(field: FormField, value: string, language: Language): string {
  if (field.type === 'choice') return field.options?.[value]?.[language] ?? value
  // A date without a time is the same day everywhere.
  const date = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?$/.exec(value)
  if (date && (field.type === 'date' || field.type === 'date_time'))
    return `${date[3]}/${date[2]}/${date[1]}${date[4] ? ` ${date[4]}` : ''}`
  return value
}
