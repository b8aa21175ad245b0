import type { Words } from '../types.ts'

export const unkept: Pick<Words, 'unsent' | 'deviceFull' | 'notHere'> = {
  unsent: {
    title: (count) =>
      count === 1 ? 'There is 1 message that was not sent' : `There are ${count} messages that were not sent`,
    hint: 'If you sign out now they are lost: they are on this device alone.',
    in: (channel, count) => (count === 1 ? `${channel}: 1` : `${channel}: ${count}`),
    unknownChannel: 'A channel that is not seen here any more',
    sendFirst: 'Send them first',
    sending: (count) =>
      count === 1 ? 'Sending. 1 message is left…' : `Sending. ${count} messages are left…`,
    noNetwork: 'There is no connection: they are sent as soon as it is back. You can leave this window open.',
    failed: 'One of them could not be sent. Open it in its channel to see why, or accept losing it.',
    allSent: 'Everything was sent. You can sign out now.',
    lose: 'I understand that these messages are lost.',
    unknown: 'It is not known whether there are messages that were not sent',
    unknownHint:
      'What is kept on this device could not be opened to count them. If there are any, they are here alone and are lost with the rest. Close the other tabs of Enlace and try again.',
    loseUnknown: 'I understand that messages that were not sent, if there are any, are lost.',
    forgetTitle: 'Delete what is kept on this device?',
    forgetHint:
      'They are on this device alone and are lost with everything else. If you sign in again with that account, they are sent.',
    forgetConfirm: 'Delete and go on',
    lockedHint:
      'They are on this device alone and are lost with the rest. If you open Enlace with your PIN, they are sent.',
    place: {
      title: 'Delete what another account keeps here?',
      why: (who: string) =>
        `For ${who} to come in, what Enlace keeps on this device of whoever was here before is deleted. Unsent messages of each account:`,
      hint: 'They are on this device alone and are lost with the rest. To have them sent, go back and sign in with the account that wrote them.',
      unknown: (who: string) => `${who}: not known`,
      stop: 'Go back without deleting anything',
    },
    idleTitle: 'Are you still there?',
    idleHint: (minutes) =>
      `Nobody is using this computer. In ${minutes === 1 ? '1 minute' : `${minutes} minutes`} the session ends, and nothing is left here.`,
    idleStay: 'Stay here',
  },
  deviceFull: {
    title: 'This device has no room left.',
    hint: 'What arrives is shown while Enlace is open, but is not kept here. Delete files or apps that you do not use.',
  },
  notHere: {
    title: 'This page is not kept on this device yet',
    hint: 'It is downloaded when it is opened for the first time, and there is no connection now. It opens by itself as soon as there is. The rest of Enlace goes on working.',
  },
}
