import type { Words } from '../types.ts'

export const activity: Pick<Words, 'activity'> = {
  activity: {
    title: 'Activity of the institution',
    hint: 'Who signed in, who changed an account, who opened the file of a case. There are no messages, names or case details here.',
    loading: 'Reading the activity…',
    empty: 'Nothing matches these filters',
    emptyHint: 'Take a filter away, or choose other dates.',
    failed: 'The activity could not be read.',
    filters: 'Search the activity',
    group: 'What',
    all: 'Everything',
    person: 'Person',
    personHint: '@user:server',
    outcome: 'Outcome',
    outcomes: { done: 'Done', refused: 'Refused' },
    case: 'Case',
    caseHint: 'Code of the case ($…)',
    from: 'From',
    to: 'To',
    clear: 'Clear filters',
    older: 'Show older',
    csv: 'Download table (CSV)',
    jsonl: 'Download verifiable log',
    node: 'The server',
    operator: 'The server’s operator',
    unknown: 'Somebody not identified',
    to_: (who: string) => `to ${who}`,
    inCase: 'See the case',
    facts: 'Details',
    chain: 'Has anybody changed this log?',
    chainHint:
      'Every act is chained to the one before it, and partner nodes sign every day how far it has come. If somebody changes it, it shows.',
    none: 'No partner node has signed it yet.',
    signed: (server: string, when: string) => `Signed by ${server}: ${when}.`,
    signedBehind: (count: number) =>
      count === 1 ? 'There was 1 more act since.' : `There were ${count} more acts since.`,
    notAnswering: (server: string) => `${server} does not answer; it is asked again every hour.`,
    verify: 'Verify on this device',
    verifying: 'Verifying…',
    good: (count: number) =>
      `Verified on this device: ${count} acts in a row, none changed, removed or added.`,
    goodKeys:
      'The keys it was verified with come from the same server. For an audit, verify the file with keys that a partner node gives you.',
    bad: 'The log is not as it should be.',
    badHint: 'Download the verifiable log now, keep it, and tell the network’s coordination.',
  },
}
