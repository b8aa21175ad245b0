import type { trust as es } from '../es/trust.ts'

export const trust: typeof es = {
  room: {
    mark: { private: 'Private room', open: 'Not encrypted' },
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
        hint: 'It may be a new device, or somebody posing as that person. Call them by telephone and compare the pictures, or ask the channel’s coordination to remove them. What you write is kept and leaves afterwards.',
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
    compare: (name) => `Do you and ${name} see the same pictures, in the same order?`,
    done: 'Identity confirmed. Paused messages can leave now.',
    impossible: 'This person has no confirmed device to compare with now. Ask them to sign in to Enlace.',
  },
  ownIdentity: {
    title: 'The identity of your account was reset. Was it you?',
    text: (when) =>
      `Another device started again with your account (seen here: ${when}). If it was not you, somebody has your password.`,
    mine: 'Yes, it was me',
    notMine: 'It was not me',
    endTitle: 'End the other sessions',
    endHint:
      'Type your password to end every session but this one. Then change the password and tell your coordination today.',
    end: 'End the other sessions',
    ended: 'The other sessions were ended. Tell your coordination today and change your password.',
    newDevice: (name) => `Somebody signed in to your account from “${name}”. Was it you?`,
  },
}
