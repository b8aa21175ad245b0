import type { messages as spanish } from '../es/messages.ts'

export const messages: typeof spanish = {
  messages: {
    bar: 'Actions',
    react: 'React',
    quick: 'Quick reactions',
    moreReactions: 'More reactions',
    reactions: 'Reactions',
    chip: (sign, count, names) =>
      count === 1 ? `${sign}, 1 person: ${names}` : `${sign}, ${count} people: ${names}`,
    whoReacted: 'Who reacted',
    reactionsHint:
      'Reactions travel unencrypted: servers see the picture and who put it there. They are a gesture and prove nothing.',
    removing: 'It will be deleted for everybody in the channel.',
    removingOffline: 'It will be deleted for everybody in the channel when there is a connection.',
    removeFailed: 'It could not be deleted.',
    undo: 'Undo',
    deleteHint: 'Somebody else wrote it. It will be deleted for everybody in the channel.',
    versions: 'Versions of the message',
    openVersions: 'See earlier versions',
    version: (number) => `Version ${number}`,
    first: 'As it was sent',
    versionsFailed: 'Not all versions could be fetched. Those of this device are shown.',
    versionsLoading: 'Fetching the versions…',
    replyInThread: 'Reply in a thread',
    thread: 'Thread',
    threads: 'Threads',
    threadsUnread: (count) =>
      count === 1 ? 'Threads: 1 with unread messages' : `Threads: ${count} with unread messages`,
    answers: (count) => (count === 1 ? '1 reply' : `${count} replies`),
    unread: (count) => `${count} new`,
    unreadWord: 'unread',
    follow: 'Follow',
    follows: 'Following',
    followHint: 'Its new messages will stay counted until you open the thread.',
    followsHint: 'Press to stop following: it will count as read along with the channel.',
    threadLoading: 'Fetching the thread…',
    threadFailed: 'The thread could not be fetched whole.',
    threadsLoading: 'Fetching the threads…',
    threadsFailed: 'The list of threads could not be fetched.',
    noThreads: 'No threads yet',
    noThreadsHint:
      'A thread keeps a conversation apart without filling the channel: on a message, choose “Reply in a thread”.',
    moreThreads: 'See more threads',
    allRead: 'Mark all as read',
    unknownRoot: 'A message that this device cannot read',
    forward: 'Forward',
    forwardTitle: 'Forward to',
    forwardNowhere: 'There is no other channel in which you may write.',
    forwardReach: (count) =>
      count === 1
        ? '1 person who is not in this channel will read it there.'
        : `${count} people who are not in this channel will read it there.`,
    forwardWho: (names) => `Of: ${names}.`,
    forwardGuarded:
      'This message comes from the channel on children. I know that more people will read it, and that they need to.',
    origin: (name, when) => `Forwarded: ${name}, ${when}`,
    originHint: 'The origin is told by whoever forwarded the message.',
    marked: 'Pinned and starred',
    pinned: 'Pinned in the channel',
    starred: 'My starred messages',
    starredHint: 'Only you see them. Your server keeps which they are, not what they say.',
    star: 'Star for myself',
    unstar: 'Remove the star',
    pin: 'Pin in the channel',
    unpin: 'Unpin',
    noMarked: 'Nothing pinned or starred',
    noMarkedHint:
      'On a message, choose “Star for myself” to come back to it; coordinators can pin those of the channel.',
  },
}
