import type { envelope as es } from '../es/envelope.ts'

export const envelope: typeof es = {
  envelope: {
    offer: 'Your institution’s sealed envelope',
    notOffered: (listed: number): string =>
      listed === 0
        ? 'Your institution’s sealed envelope is not offered: the signed roster names no other coordinator. Two are needed.'
        : 'Your institution’s sealed envelope is not offered: the signed roster names only one coordinator beside you. Two are needed.',
    title: 'Sealed envelope',
    text: 'The key is kept in an envelope that opens only with the parts of two coordinators, and only for you. Neither can open it alone, nor can the server.',
    who: 'Who will keep a part',
    state: {
      ready: 'ready to keep their part',
      not_compared: 'pictures have not been compared with them yet',
      changed: 'has other keys now: talk to them first',
      no_device: 'has no confirmed device yet',
      not_listed: 'does not coordinate, by the signed roster',
    },
    compare: 'Compare',
    need: (ready: number): string =>
      ready === 0
        ? 'Compare pictures with at least two: that shows that each part reaches whom it should.'
        : 'Pictures have to be compared with one more person.',
    seal: 'Seal it and give out the parts',
    working: 'One moment…',
    back: 'Back to the key',
    loadFailed: 'It could not be found out who coordinates. Check your connection.',
    tooFew: 'There are no two people now who can keep a part. Look at the list again.',
    madeTitle: 'Envelope sealed and given out',
    made: 'It is done when two coordinators have kept their part: they only need to open Enlace. Until then, do not sign out on this device.',
    kept: (kept: number, of: number): string =>
      kept === 0
        ? `Nobody of ${of} has kept their part yet.`
        : kept === 1
          ? `One person of ${of} has kept their part.`
          : `${kept} people of ${of} have kept their part.`,
    enough: 'Done: if you lose this device, two of your coordinators open the envelope for you.',
    pending: (kept: number): string =>
      kept === 0
        ? 'Your envelope waits for two coordinators to keep their part.'
        : 'Your envelope waits for one more coordinator to keep their part.',
    see: 'See',
    renewTitle: 'Renew the envelope',
    renewBanner: 'The envelope of your key has to be renewed: your coordination has changed.',
    left: (names: string) => `No longer coordinates: ${names}.`,
    came: (names: string) => `Coordinates since recently: ${names}.`,
    changed: (names: string) => `Started again with other keys: ${names}.`,
    renewText:
      'Renewing makes a new key and gives out new parts. The parts of before, and the printed sheet if you have one, no longer work.',
    renew: 'Renew',
    askWith: 'Ask for my envelope',
    askTitle: 'Ask for your envelope to be opened',
    askText:
      'Telephone two coordinators of your institution, or see them in person, and read this code to each:',
    askWarning:
      'Read it only to somebody whom you called or who is before you. Nobody of Enlace asks for it in a message.',
    askWho: 'Who can open it:',
    released: (count: number): string =>
      count === 0
        ? 'Nobody has released their part yet. You can close Enlace: it goes on waiting when you open it.'
        : 'One person has released their part. One more is needed.',
    altered: (names: string) =>
      `The part of ${names} arrived changed and was not used. Tell them, and ask somebody else for theirs.`,
    strangers: (names: string) =>
      `${names} released a part and does not coordinate, by the signed roster. It was not used. Tell your coordination.`,
    rosterUnknown: 'Your institution’s signed roster could not be checked. It is tried again.',
    until: (when: string) => `Good until ${when}.`,
    opening: 'Opening the envelope…',
    giveUp: 'Withdraw the request',
    over: {
      refused: 'Your coordination did not open it. Talk to them before you ask again.',
      expired: 'The time ran out before two people released their part. Ask again when you can call them.',
      withdrawn: 'The request was withdrawn from another device of yours.',
      envelope_altered:
        'This is not the envelope that you sealed: it was changed on the server. Nothing was opened. Tell your coordination.',
      old_key: 'The envelope is of an earlier key and no longer works. Use another way.',
    },
    again: 'Ask again',
    done: 'Done. Your earlier messages will appear. The envelope was renewed: what was opened no longer works.',
    asksTitle: 'They ask for their envelope',
    ask: (name: string) => `${name} has lost their device and asks for their envelope to be opened`,
    releasedBy: (count: number): string =>
      count === 0 ? 'Nobody has released their part.' : 'Somebody else has released their part.',
    yours: 'You have released your part.',
    decide: 'Release my part or refuse',
    dialog: (name: string) => `Is it ${name}?`,
    steps: [
      'See the person, or call them on a number that you already had. Not through Enlace.',
      'Ask whether they lost their device and asked for their envelope.',
      'Ask for the code on their screen and type it here. Do not tell it to them.',
    ],
    release: 'It is them: release my part',
    refuse: 'No: refuse',
    wrongCode:
      'The code does not match. Release nothing: it may be another device that pretends to be theirs. If it was not misread, refuse.',
    noPart: 'Your devices have no part of this person’s envelope. Another coordinator can open it.',
    otherEnvelope:
      'Your part is of another envelope of this person, made before or since. It does not open the one they ask for.',
    handedOver: (name: string) => `Released. Only the device of ${name} can read it.`,
    refused: (name: string) =>
      `Refused. If ${name} did not ask, somebody has their password: tell them to change it today.`,
    banner: (name: string) => `${name} asks for their envelope to be opened. See whether it is them.`,
  },
}
