import type { RestWords } from '../types.ts'

/** Notices about messages, channel by channel. */
export const notices: Pick<RestWords, 'notices'> = {
  notices: {
    level: 'What notifies',
    levels: { all: 'All messages', mentions: 'Only when mentioned', urgent: 'Only what is urgent' },
    levelHint: {
      all: 'By your quiet hours, which are chosen in Settings.',
      mentions:
        'Servers do not read messages: while Enlace is closed nobody knows who was mentioned, and nothing is said.',
      urgent: 'No message notifies. Urgent calls always ring.',
    },
  },
}
