import type { retention as spanish } from '../es/retention.ts'

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`
const days = (count: number) => counted(count, 'day', 'days')

export const retention: typeof spanish = {
  retention: {
    title: 'Retention and deletion',
    intro:
      'Every case and every message has a time for which it is kept. Here you see how long, why, and what is over.',
    off: 'This server does not delete by itself yet',
    rules: 'How long things are kept',
    days,
    fromEnd: 'from when the case is closed or revoked',
    fromSent: 'from when it was sent',
    shorter: (name: string, count: number) => `${name} asked for less: ${days(count)}.`,
    law: (name: string, count: number, basis: string) => `${name}: ${days(count)} by law (${basis}).`,
    channel: 'Channel',
    shorten: 'Shorten for my institution',
    shortenHint:
      'Your institution can only shorten. At least 7 days. It counts for the cases it takes part in.',
    newDays: 'New days',
    see: 'See what would be deleted',
    preview: (cases: number, atOnce: number, messages: number) =>
      cases + messages === 0
        ? 'With this period there is nothing to delete yet.'
        : `With this period are deleted: ${counted(cases, 'case', 'cases')} (at once, ${atOnce}) and ${counted(messages, 'message', 'messages')}.`,
    first: (date: string) => `The first one: ${date}.`,
    apply: 'Apply this period',
    upcoming: 'Upcoming deletions',
    noUpcoming: 'No ended cases are to be deleted.',
    on: (date: string) => `Deleted on ${date}`,
    dueNow: 'Deleted within the next minutes',
    endsOn: (date: string) => `Its time is over on ${date}`,
    wouldGo: 'Its time is over; it would be deleted now',
    stopped: 'Stopped by a hold',
    hold: 'Ask for a hold',
    agree: 'I agree with the hold',
    lift: 'Ask to lift it',
    reason: 'Reason',
    holds: 'Holds',
    noHolds: 'There are no holds.',
    wholeChannel: 'The whole channel',
    asked: (until: string) =>
      `One institution asked for it. Another one has to agree before ${until}; until then nothing is deleted.`,
    held: (date: string) => `In force until two institutions lift it. Reviewed on ${date}.`,
    lifting: (name: string) => `${name} asked to lift it; another institution is needed.`,
    placedBy: (names: string) => `Placed by ${names}.`,
    done: 'Deletions',
    noDone: 'Nothing has been deleted yet.',
    messages: (date: string) => `Messages before ${date}`,
    counts: (events: number, files: number, keys: number) =>
      [
        counted(events, 'message or step', 'messages and steps'),
        counted(files, 'file', 'files'),
        counted(keys, 'key', 'keys'),
      ].join(', '),
    receipt: (server: string, date: string) => `${server} confirmed it under its signature on ${date}.`,
    ownDatabase: 'Backups of its database are kept by whoever runs that server.',
    missing: (server: string, since: string) => `${server} has not confirmed it since ${since}.`,
    offThere: (server: string) =>
      `${server} says that it does not delete by itself yet: it is still kept there.`,
    devices: (confirmed: number, waiting: number) =>
      `Devices of this server: ${confirmed} confirmed, ${waiting} not confirmed.`,
    heldThere: (server: string) =>
      `On ${server} a hold stops what is left; it is deleted when the hold is lifted.`,
    devicesThere: (server: string, confirmed: number, waiting: number) =>
      `Devices of ${server}, as that server says: ${confirmed} confirmed, ${waiting} not confirmed.`,
    silentDevices: (count: number) => `Not confirmed: ${counted(count, 'device', 'devices')} of this server`,
    silentDevice: (user: string, device: string, seen?: string) =>
      seen === undefined ? `${user} (${device})` : `${user} (${device}), last seen on ${seen}`,
    silentHint:
      'A device that is off deletes it when it comes back, before it shows anything. One of another program, or a lost one, stays noted here.',
    ofCase: 'How long it is kept',
    afterEnd: (count: number) => `Deleted ${days(count)} after it is closed`,
    ruleOfNetwork: 'This is the network’s time for this kind of case.',
    heldChannel: 'Hold on the whole channel.',
    heldCase: 'Hold on this case.',
    placedSince: (names: string, date: string) => `${names}, since ${date}.`,
    erased: 'The time of this case was over and it was deleted',
    ended: (date: string) => `Closed on ${date}.`,
    rights: 'The right to erasure',
    rightsText: [
      'Nobody has to ask: each case and each message is deleted by itself when its time is over, on servers and on devices.',
      'If a person asks for it sooner, their institution can shorten the time here (never below 7 days). It counts for its own cases, not for those of others.',
      'Nothing is deleted while the case is open, a law asks for longer, or two institutions hold it. The person is told which of the three, and until when.',
      'What each institution keeps in its own file, outside of Enlace, is asked of that institution.',
      'What we cannot check: a device that has not come back, another program, a picture of a screen, or a printed page. What we know to be missing is on the list.',
    ],
    stays: 'What stays after deletion',
  },
}
