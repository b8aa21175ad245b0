import type { RestWords } from '../types.ts'

/** Notices about messages, channel by channel. */
export const notices: Pick<RestWords, 'notices'> = {
  notices: {
    level: 'What notifies',
    levels: { all: 'All messages', mentions: 'Only when mentioned', urgent: 'Only what is urgent' },
    levelHint: {
      all: 'By your quiet hours, which are chosen in Settings.',
      mentions:
        'Servers do not read messages: while Enlace is open it tells only when you are mentioned; while it is closed, at most once an hour and without a sound, that there are new messages.',
      urgent: 'No message notifies. Urgent calls always ring.',
    },
  },
}
