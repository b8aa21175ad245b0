import type { status as source } from '../es/status.ts'

export const status: typeof source = {
  status: {
    title: 'Server status',
    hint: 'Whether your institution’s server is well, whom it talks to, and what needs attention.',
    looking: 'Looking…',
    failed: 'The status could not be looked at.',
    again: 'Look again',
    allGood: 'All is well: nothing needs doing.',
    todo: 'What needs attention',
    states: { good: 'Good', soon: 'Soon', now: 'Now' },
    network: 'The network',
    open: 'This server works without a list of the network.',
    listUntil: (when) => `The network’s list is good until ${when} and is renewed by itself.`,
    noList: 'There is no usable list of the network.',
    rosterUntil: (name, when) => `The roster of ${name} is good until ${when}.`,
    noRoster: (name) => `The roster of ${name} does not count yet.`,
    partners: 'Whom it talks to',
    nobody: 'No other server yet.',
    reached: (when) => `is reached; last received something: ${when}.`,
    notYet: 'has not been sent anything yet.',
    away: (when) => `has not answered since: ${when}. What is sent to it waits and is not lost.`,
    waiting: 'Messages are waiting.',
    machine: 'The server',
    certificate: (when) => `The security certificate is good until ${when}.`,
    disk: (free) =>
      free > 0.5
        ? 'The disk has plenty of room.'
        : free > 0.1
          ? 'The disk has enough room.'
          : 'Little room is left on the disk.',
    noBackup: 'There are no backups.',
    backup: (when) => `Last backup: ${when}.`,
    verified: (when) => `That the backup can be restored was made sure of: ${when}.`,
    never: 'never',
    looked: (when) => `Looked at: ${when}.`,
    version: (version) => `Enlace ${version}.`,
  },
}
