import type { phone as spanish } from '../es/phone.ts'

export const phone: typeof spanish = {
  phone: {
    install: {
      title: 'Enlace on your home screen',
      text: 'Install it to open it with one tap and to receive what other apps share. It takes no more space.',
      apple: 'In Safari, tap Share and then “Add to Home Screen”.',
      take: 'Install',
      no: 'Not now',
    },
    share: {
      title: 'Send to a channel',
      hint: 'Choose the channel. Nothing is sent until you confirm it.',
      waits: 'It is kept on this device for up to a day.',
      caption: 'Text',
      captionHint: 'Optional: what it is and for which case',
      to: (channel) => `Send to ${channel}`,
      other: 'Choose another channel',
      discard: 'Discard',
      none: 'There is nothing to send',
      noneHint: 'In the gallery or in another app tap Share and choose Enlace.',
      noChannels: 'You are not in any channel you can write in yet.',
      full: 'This phone has no space for what you shared. Free some space and share it again.',
      many: 'As much waits here as may wait. Send or discard something, and share again.',
      tooLarge: (name) => `“${name}” is too large to be sent.`,
      find: 'Find a channel',
    },
    shortcut: {
      urgent: 'Urgent call',
      urgentHint: 'Write what is happening and choose the channel. Then you confirm who is called.',
      what: 'What is happening',
      whatHint: 'Without names if you can: place, ages, what is needed and by when',
      case: 'New case',
      caseHint: 'Choose the channel of the case.',
      waiting: 'Sending the message; you confirm the call as soon as it has gone…',
      noChannels: 'You are not in any topic channel. Ask your coordination to add you.',
    },
    storage: {
      title: 'Space on this device',
      used: (used, room) => `Enlace uses ${used} of the ${room} this browser gives it.`,
      usedOnly: (used) => `Enlace uses ${used}.`,
      unknown: 'This browser does not say how much space Enlace uses.',
      kept: 'The browser has promised not to delete what Enlace keeps here.',
      notKept:
        'If the phone runs out of space, the browser may delete what Enlace keeps here. Keep your recovery key.',
      ask: 'Ask it not to delete',
      refused:
        'The browser has not granted it for now. It usually does once Enlace is installed or used often.',
      free: 'Free space',
      freeHint:
        'Deletes the texts to search and opened files. Messages, cases and drafts stay; the rest is fetched again.',
      freed: 'Done: what can be fetched again has been let go.',
    },
  },
}
