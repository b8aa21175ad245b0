import type { history as es } from '../es/history.ts'

export const history: typeof es = {
  history: {
    closed: (count: number) =>
      count === 1
        ? 'One earlier message that this device cannot open yet'
        : `${count} earlier messages that this device cannot open yet`,
    ownCan: (names: string, more: number) =>
      more > 0
        ? `Colleagues of your institution can open this for you: ${names} and ${more} more.`
        : `Colleagues of your institution can open this for you: ${names}.`,
    othersCan: (count: number) =>
      count === 1
        ? 'One person of another institution in this channel can open this for you, if they agree.'
        : `${count} people of other institutions in this channel can open this for you, if one agrees.`,
    nobodyCan: 'Nobody else in this channel can open this.',
    notShared:
      'In this channel what was written before somebody came is not shared. Ask whoever wrote it to send it to you again.',
    ask: 'Ask my colleagues',
    askOthers: 'Ask other institutions',
    again: 'Ask again',
    asking: 'Asking…',
    asked: (people: number, when: string) =>
      people === 1
        ? `One person was asked, ${when}. It will open here as soon as their device is online.`
        : `${people} people were asked, ${when}. It will open here as soon as one of their devices is online.`,
    askedOthers: (people: number, when: string) =>
      people === 1
        ? `One person was asked, ${when}. It will open here when they agree.`
        : `${people} people were asked, ${when}. It will open here when one of them agrees.`,
    declined: 'It was not given for now. You can telephone one of those people and ask again.',
    came: 'A colleague has shared what they had; this was not there.',
    nobody: 'Nobody of your institution has a device that could answer.',
    someoneAsks: (name: string, channel: string) =>
      `${name} asks to read what was written before in ${channel}. They belong to this channel already.`,
    sure: 'Give access only if you know who they are. When in doubt, telephone first.',
    give: 'Give access',
    notNow: 'Not now',
    gave: 'Done: what was written before is on its way, encrypted, to their confirmed devices.',
    gaveNothing: 'This device has no earlier messages to share.',
    tooLarge: 'It is too much to send at once. Share from here what is needed.',
    later: 'Not possible at the moment: it is not clear who asks, or they have just got it.',
    inviteShares: 'They will also be able to read what was written in this channel before.',
    inviteSharesNot: 'They will not be able to read what was written before: that is this channel’s rule.',
    withInvitation: {
      given: 'What was written before is on its way, encrypted, to their confirmed devices.',
      nothing: 'What was written before will reach them when they have a confirmed device.',
      too_large: 'What was written before is too much to send at once: share with them what is needed.',
      not_now:
        'What was written before was not shared: by the signed roster it is not clear yet who they are.',
      failed:
        'What was written before could not be shared now: their device will ask for it when they come in.',
    },
  },
}
