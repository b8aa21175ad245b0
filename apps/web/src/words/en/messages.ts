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
  },
}
