/** The minutes of a meeting, to be printed. */

import {
  commitmentStatus,
  decisionOutcome,
  type MeetingState,
  type Signature,
} from '@enlace/coordination/meetings'
import { localDateText } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'
import type { PrintedFile } from '../cases/case-file.ts'
import type { MinutesWord } from '../institution/types.ts'
import { dueDay, tallyOf, whenText } from './meeting-words.ts'

export function minutesFile(args: {
  state: MeetingState
  signatures: readonly (Signature & { word?: MinutesWord })[]
  nameOf(institution: string): string
  words: Words
  language: Language
  now: number
}): PrintedFile {
  const { state, nameOf, words, language, now } = args
  const own = words.meetings
  const itemOf = new Map(state.agenda.map((one) => [one.id, one.title]))
  const entry = (what: string, lines: string[], who = '', when = '') => ({ when, what, who, lines })
  return {
    title: state.details?.title ?? own.untitled,
    subtitle: `${own.minutes} · ${whenText(state.startsAt, words, language)}`,
    notice: [state.details?.place ?? '', own.signaturesHint].filter(Boolean),
    sections: [
      {
        title: own.institutions,
        rows: state.institutions.map((key) => [
          nameOf(key) + (state.conveners.includes(key) ? ` (${own.convenes})` : ''),
          (state.attendance.get(key) ?? [])
            .map((one) => [one.position, one.name, one.remote && own.remote].filter(Boolean).join(', '))
            .join('; ') || own.answers[state.answers.get(key) ?? 'invited'],
        ]),
      },
      {
        title: own.agenda,
        rows: state.agenda
          .filter((one) => one.status !== 'withdrawn')
          .map((one, at) => [String(at + 1), `${one.title} (${own.agendaStatus[one.status]})`]),
        empty: own.agendaEmpty,
      },
      {
        title: own.minutes,
        entries: state.paragraphs
          .filter((one) => one.text !== '')
          .map((one) => entry(itemOf.get(one.item ?? '') ?? '', one.text.split('\n'))),
        empty: own.minutesEmpty,
      },
      {
        title: own.documents,
        rows: state.documents.map((one): [string, string] => [
          nameOf(one.by.institution),
          `${one.title} (${localDateText(dueDay(one.at), language)})`,
        ]),
        empty: own.documentsEmpty,
      },
      {
        title: own.decisions,
        entries: state.decisions.map((one) =>
          entry(one.text, [own.hows[one.how], tallyOf(one, words)], '', own.outcomes[decisionOutcome(one)]),
        ),
        empty: own.decisionsEmpty,
      },
      {
        title: own.commitments,
        entries: state.commitments.map((one) =>
          entry(
            one.text ?? own.untitled,
            [`${nameOf(one.responsible)} · ${one.position ?? ''}`],
            own.statuses[commitmentStatus(one, now)],
            localDateText(dueDay(one.agreedDue), language),
          ),
        ),
        empty: own.commitmentsEmpty,
      },
      ...(state.closed
        ? [
            {
              title: own.next,
              rows: [[whenText(state.closed.nextAt, words, language), state.closed.nextPlace ?? '']] as [
                string,
                string,
              ][],
            },
          ]
        : []),
      {
        title: own.signatures,
        rows: args.signatures.map(({ institution, holds, at, key, word }): [string, string] => [
          nameOf(institution),
          [
            whenText(at, words, language),
            holds ? own.holds : own.fallen,
            own.keyWords[word ?? 'none'],
            key && own.keyId(key.keyid.slice(0, 16)),
          ]
            .filter(Boolean)
            .join(' · '),
        ]),
        empty: own.signaturesEmpty,
      },
    ],
  }
}
