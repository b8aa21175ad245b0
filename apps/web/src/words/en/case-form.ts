import type { caseForm as spanish } from '../es/case-form.ts'

export const caseForm: typeof spanish = {
  caseForm: {
    steps: {
      label: 'Steps of the case',
      of: (n: number, all: number) => `Step ${n} of ${all}:`,
      complete: 'complete',
      kind: 'What is needed',
      institution: 'Whom it is asked of',
      person: 'The person',
      request: 'The request',
      send: 'Check and send',
    },
    next: 'Next',
    previous: 'Back',
    change: 'Change',
    missing: 'Missing',
    childChannel: (name: string) =>
      `They are or may be a child. In “${name}” only institutions that protect children read the case.`,
    childChannelMove: 'Open it in that channel',
    suggested: 'Provides this service',
    dateKnown: 'What is known of the date',
    known: {
      day: 'Exact day',
      month: 'Month and year',
      year: 'Year only',
      age: 'About how old',
      nothing: 'Not known',
    },
    day: 'Day',
    month: 'Month',
    year: 'Year',
    age: 'Years old, more or less',
    ageHint: (when: string) => `As of ${when}. Less than a year: put 0.`,
    nothingHint: 'It will say that it is not known. The person is treated as a child.',
    ageRow: 'Age',
    fromMessage: 'Taken from the message: check it.',
    corridor: 'Of the corridor',
    noCountry: 'Another answer',
    others: 'All countries',
    noAnswer: 'No answer',
    uncertain: 'May be a child: treated as one',
    priorityUncertain:
      'High, because it is not certain that they are of age, and they are treated as a child. You can change it.',
  },
}
