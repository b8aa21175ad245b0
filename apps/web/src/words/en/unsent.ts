import type { Words } from '../types.ts'

export const unsent: Words['unsent'] = {
  title: (count) =>
    count === 1 ? 'There is 1 message that was not sent' : `There are ${count} messages that were not sent`,
  titleAll: (count) => (count === 1 ? '1 thing was not sent' : `${count} things were not sent`),
  kinds: {
    messages: 'Messages',
    cases: 'Cases begun or on their way',
    meetings: 'Written in meetings',
    materials: 'Drafts of materials',
    publications: 'Signed changes of an institution',
    acts: 'Reactions to messages and their removal',
  },
  hint: 'If you sign out now this is lost: it is on this device alone.',
  in: (channel, count) => (count === 1 ? `${channel}: 1` : `${channel}: ${count}`),
  unknownChannel: 'A channel that is not seen here any more',
  sendFirst: 'Send them first',
  sending: (count) => `Sending. ${count} left…`,
  noNetwork: 'There is no connection: it is sent as soon as it is back. You can leave this window open.',
  failed:
    'Something could not be sent, or is not finished. Open it in its channel or in Cases, or accept losing it.',
  allSent: 'Everything was sent. You can sign out now.',
  lose: 'I understand that this is lost.',
  unknown: 'It is not known whether something was not sent',
  unknownHint:
    'What is kept on this device could not be opened to count it. If there is something, it is here alone and is lost with the rest. Close the other tabs of Enlace and try again.',
  loseUnknown: 'I understand that what was not sent, if there is anything, is lost.',
  forgetTitle: 'Delete what is kept on this device?',
  forgetHint:
    'It is on this device alone and is lost with everything else. If you sign in again with that account, it is sent.',
  forgetConfirm: 'Delete and go on',
  lockedHint:
    'It is on this device alone and is lost with the rest. If you open Enlace with your PIN, it is sent.',
  place: {
    title: 'Delete what another account keeps here?',
    why: (who: string) =>
      `For ${who} to come in, what Enlace keeps on this device of whoever was here before is deleted. Of each account, not sent yet:`,
    hint: 'It is on this device alone and is lost with the rest. To have it sent, go back and sign in with the account that wrote it.',
    unknown: (who: string) => `${who}: not known`,
    stop: 'Go back without deleting anything',
  },
  idleTitle: 'Are you still there?',
  idleHint: (minutes) =>
    `Nobody is using this computer. In ${minutes === 1 ? '1 minute' : `${minutes} minutes`} the session ends, and nothing is left here.`,
  idleStay: 'Stay here',
}
