import type { trust as es } from '../es/trust.ts'

export const trust: typeof es = {
  room: {
    mark: {
      conversation: 'Duty',
      private: 'Private room',
      open: 'Not encrypted',
      unknown: 'Checked when you join',
    },
    conversation: {
      title: 'Conversation with the duty.',
      hint: 'It is encrypted: only those who take part read it, all of institutions of the network. What has to be on file is opened as a case.',
      start: 'This is the beginning of the conversation with the duty.',
    },
    direct: {
      title: 'Conversation between two people.',
      hint: 'It is encrypted and takes nobody else. What has to be on file, open as a case in a channel.',
      start: 'This is the beginning of the conversation.',
    },
    group: {
      title: 'Group.',
      hint: 'It is encrypted: only those in it read it. What has to be on file, open as a case in a channel.',
      start: 'This is the beginning of the group.',
    },
    private: {
      title: 'Private room: not a channel of the network.',
      hint: 'What is written here is encrypted, but this is no topic channel: no cases are opened here.',
      start: 'This is the beginning of the room. It is not a channel of the network.',
    },
    open: {
      title: 'Room without encryption: not a channel of the network.',
      hint: 'Servers could read what is written here, or make it up. Enlace sends nothing to this room and does not show what arrives unencrypted. If somebody asked you to write here, tell your coordination.',
      start: 'This is the beginning of the room. It is not encrypted.',
    },
    noComposer: 'You cannot write here: this room is not encrypted. Use a channel of the network.',
    hold: {
      unvouched: {
        title: 'Sending is paused: your server does not vouch for somebody in this channel.',
        who: (name, reason) => `${name}: ${reason ?? 'your server could not yet check who this is.'}`,
        hint: 'What you write is kept, and leaves once the channel’s coordination removes that person or their institution confirms who they are. Tell your coordination.',
      },
      identity: {
        title: 'Sending is paused: the security identity of somebody in this channel changed.',
        who: (name, when) => `${name}. Seen on this device: ${when}.`,
        hint: 'It may be somebody who started again, or somebody posing as that person. Call them by telephone and compare the pictures. It is also accepted when their institution’s coordination confirms it with its signature. What you write is kept and leaves afterwards.',
      },
      compare: 'Compare pictures',
      remove: 'Remove from the channel',
    },
  },
  verifyPerson: {
    title: (name) => `Compare pictures with ${name}`,
    waiting: (name) => `Ask ${name} to open Enlace and accept the request. Stay on the telephone.`,
    incoming: (name) => `${name} asks to compare pictures`,
    incomingHint: 'Accept only if you are talking with this person right now, by telephone or face to face.',
    compare: 'Do you both see the same pictures, in the same order?',
    done: 'Identity confirmed. Paused messages can leave now.',
    impossible: 'This person has no confirmed device to compare with now. Ask them to sign in to Enlace.',
  },
  ownIdentity: {
    title: 'The identity of your account was reset. Was it you?',
    text: (when) =>
      `Another device started again with your account (seen here: ${when}). If it was not you, somebody has your password.`,
    mine: 'Yes, it was me',
    notMine: 'It was not me',
    askedTitle: 'Somebody asked to start again with your account. Was it you?',
    asked: (name, when) =>
      `“${name}” asked on ${when}, with your password. If it was not you, answer now: it can still be stopped.`,
    stopped: (told) =>
      `It was stopped, and the session that asked was ended. ${told === 0 ? 'Tell your coordination today.' : 'Your coordination was told.'}`,
    reported: (told) =>
      told === 0
        ? 'Tell your institution’s coordination today.'
        : 'Your institution’s coordination was told.',
    endTitle: 'Change your password now',
    endHint: 'Whoever did it has your password. A new one ends every session but this one.',
    password: 'Present password',
    newPassword: 'New password',
    newPasswordHint: 'At least 12 letters or digits. Not one that you use elsewhere.',
    end: 'Change it and end the other sessions',
    later: 'Not now',
    ended: 'Your password was changed and the other sessions were ended.',
    newDevice: (name) => `Somebody signed in to your account from “${name}”. Was it you?`,
  },
}
