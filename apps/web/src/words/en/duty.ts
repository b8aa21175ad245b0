import type { duty as spanish } from '../es/duty.ts'

export const duty: typeof spanish = {
  duty: {
    title: 'Duty roster',
    open: 'See the duty roster',
    hint: 'Who is called when an urgent case falls to your institution. Whoever is on duty at that moment is called first.',
    now: (names: string) => `On duty now: ${names}`,
    nobody: 'Nobody is on duty now: everyone of your institution whom the call concerns is called.',
    onlyHere: (names: string) =>
      `No alert outside Enlace: ${names}. Unless they have Enlace open, an urgent call does not reach them. Ask them to turn on notifications, or to confirm an e-mail or a telephone, under Settings, Urgent alerts.`,
    person: 'Person',
    weekly: 'Every week',
    noWeekly: 'There are no weekly turns yet.',
    weekdays: 'Days of the week',
    days: ['M', 'T', 'W', 'T', 'F', 'S', 'S'],
    from: 'From',
    to: 'To',
    remove: 'Remove turn',
    addWeekly: 'Add a weekly turn',
    shifts: 'Special dates',
    shiftsHint:
      'They stand in for the weekly turns: holidays, relief, absences. Time of Honduras and Guatemala.',
    addShift: 'Add a date',
    wrong: 'Check the turns: each needs at least one day and has to end after it begins (31 days at most).',
    changed: (name: string, when: string) => `Saved by ${name}, ${when}.`,
    readOnly: 'The coordination and the officials of your institution change it.',
    unavailable: 'This server keeps no duty roster',
    unavailableHint: 'Ask whoever runs it.',
  },
}
