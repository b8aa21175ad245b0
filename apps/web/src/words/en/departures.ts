import type { departures as es } from '../es/departures.ts'

export const departures: typeof es = {
  leaving: {
    tab: 'Departures',
    open: 'Leaves the institution',
    title: 'Departures from the institution',
    hint: 'Whoever leaves the institution does so in one act: their sessions end, they leave the channels, and their shifts and cases go to somebody by name.',
    none: 'Nobody has left in the last ninety days',
    noneHint:
      'For somebody’s departure, open them from the list of people and choose “Leaves the institution”.',
    cardOwn: 'Leave the institution',
    cardOwnHint:
      'If you leave your work here: hand over your shifts and cases and close your account in one act.',
    cardOwnOpen: 'Leave the institution…',
    titleOf: (name: string) => `Departure of ${name}`,
    titleOwn: 'Leave the institution',
    what: 'What will happen',
    whatSteps: (own: boolean) => [
      own
        ? 'Your sessions end on all your devices, this one too, right now.'
        : 'Their sessions end on all their devices, right now.',
      'All channels, conversations and calls are left. Nothing written afterwards can be read with those devices: the next message uses new keys.',
      'Shifts and open cases go to the people you choose here.',
      'The signed roster of the institution names the person no more.',
      'What was written stays, with the name. Invitations to channels that were made still hold.',
    ],
    closes:
      'The account closes for good, because no other institution of this server has the person on its roster. The account’s name is never given out again: whoever comes back is invited anew with another account.',
    stays:
      'The account goes on, because another institution of this server has the person on its roster. They come back into that institution’s channels by invitation.',
    undoBefore: 'It can be undone only until the roster without this person is signed.',
    signsHere: 'The roster is signed on this device, in the same act: after that it cannot be undone.',
    signsLater:
      'This device does not have the institution’s key: everything else is done now, and the roster waits for the signature of whoever has it.',
    rooms: (channels: number, conversations: number) =>
      `${channels === 1 ? 'One channel' : `${channels} channels`} and ${conversations === 1 ? 'one conversation' : `${conversations} conversations`}.`,
    calls: (count: number) =>
      count === 1
        ? 'One urgent call is being answered: it is offered to whoever takes the cases; if they are not in the channel, it rings again.'
        : `${count} urgent calls are being answered: they are offered to whoever takes the cases; if they are not in the channel, they ring again.`,
    shifts: 'Shifts',
    noShifts: 'There are no shifts.',
    shiftsTo: 'Who takes the shifts?',
    turn: (days: string, from: string, to: string) => `${days}, from ${from} to ${to}`,
    span: (from: string, to: string) => `From ${from} to ${to}`,
    swap: (from: string, to: string) => `Swap: from ${from} to ${to}`,
    days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
    cases: 'Open cases',
    noCases: 'There are no open cases.',
    casesTo: 'Who takes the cases?',
    split: 'Divide case by case',
    sameForAll: 'As the others',
    sides: { owner: 'assigned to this person', requesting: 'opened and followed up by them' },
    notInChannel: 'Not in the channel of the case: will be invited.',
    choose: 'Choose somebody',
    nobody:
      'Nobody else has an active account in the institution. Invite a colleague first; without one the cases would have no owner.',
    successor: 'Who coordinates afterwards',
    successorHint:
      'This is the last person who coordinates. Without somebody to follow, nobody could give accounts or sign the roster: choose who.',
    successorTo: 'Who coordinates from now on?',
    needKey:
      'To name who follows, this device has to sign the roster, and it does not have the institution’s key. Fetch it first under “Key and roster”.',
    giveKey: 'Hand over the key',
    giveKeyHint:
      'Download the key in a sealed file and give it to who follows. The passphrase is told by telephone or in person, never together with the file.',
    keyGiven: 'They have the file and the passphrase',
    toKey: 'Go to “Key and roster”',
    start: 'Leaves now',
    startOwn: 'Leave the institution now',
    confirmTitle: (name: string) => `Does ${name} leave now?`,
    confirmTitleOwn: 'Do you leave the institution now?',
    confirm: 'Yes, now',
    missing: {
      shifts: 'Say who takes the shifts.',
      cases: 'Say who takes the cases.',
      successor: 'Say who coordinates afterwards.',
      key: 'Hand over the key to who follows.',
      signature: 'The institution’s key is missing on this device.',
    },
    progress: 'How it goes',
    steps: {
      sessions: 'Sessions ended',
      shifts: 'Shifts handed over',
      cases: 'Cases handed over',
      calls: 'Calls handed over',
      rooms: 'Out of channels and conversations; new keys from the next message on',
      roster: 'Off the signed roster',
      account: 'Account closed',
    },
    stepStays: 'No longer noted as of the institution',
    waits: 'Waiting',
    states: { open: 'Under way', done: 'Done', undone: 'Undone' },
    doneOther: (name: string) => `${name} is no longer in the institution.`,
    doneOwn:
      'You are no longer in the institution. Your session has ended and this device reads the channels no more.',
    undoneText:
      'The departure was undone: the account opens again with its password. Shifts and cases stay with whoever took them, and the person is invited to the channels anew.',
    sign: 'Sign the roster without this person now',
    undo: 'Undo the departure',
    undoHint:
      'The account opens again with its password. They do not come back into channels by themselves, and shifts and cases stay with whoever took them.',
    keyTitle: 'The institution’s key',
    keyHad:
      'Whoever leaves had, or may have had, the institution’s key. Change it: until then that person could sign in the institution’s name.',
    keySteps: [
      'First keep a copy of the present key: it signs the roster until the network recognises the new one.',
      'Make a new key and hand its public part to the network’s coordination.',
      'The coordination adds it and takes away the one before; you sign the roster with the new one.',
    ],
    startedBy: (name: string, at: string) => `Begun by ${name}, ${at}.`,
    back: 'To the list of departures',
    outcomes: {
      'no-key': 'The roster was not signed: this device does not have the key.',
      unread: 'The roster was not signed: what is published could not be verified. See “Key and roster”.',
      merged:
        'The roster was not signed: somebody else changed it at the same time. Look at it and sign again.',
    },
  },
  succession: {
    tab: 'Succession',
    title: 'Succession',
    hint: 'When nobody is left who coordinates an institution, two coordinators of the network, one of each country, appoint somebody.',
    now: 'Appointments',
    none: 'The network has appointed nobody by succession.',
    who: (name: string, institution: string) => `${name} coordinates ${institution}`,
    unknownPerson: 'Somebody this server does not know',
    by: (names: string, at: string) => `Decided by ${names}, on ${at}.`,
    taken: 'They have signed the roster: it is the one in force.',
    waiting:
      'They have not signed their roster yet. Until then the one before stays in force; the key before counts no more.',
    mine: 'The network appointed you',
    mineHint:
      'Open “Key and roster”, add yourself as coordinator, strike those who are gone, and publish the roster. Only you can publish this first roster.',
    mineOpen: 'Go to “Key and roster”',
    ask: 'If your institution is left without coordination',
    askSteps: [
      'Make a new key here. It stays on this device and nobody else has it.',
      'Give the public part, and read its number by telephone, to two coordinators of the network, one of each country.',
      'They make sure who you are and sign the appointment. Until then nothing changes.',
      'When this page says so, sign your institution’s roster of people.',
    ],
    make: 'Make my key',
    made: 'Your key is on this device.',
    account: 'Your account',
    code: 'Number of your key',
    download: 'Download the public part',
    qr: 'Your account and the number of your key, to be read with a camera',
    needStore:
      'Keep it with your recovery key too, under “Key and roster”, so that it is not lost with the device.',
    coordinatorsFirst:
      'Your institution has somebody who coordinates: succession is not needed. Whoever coordinates hands over when they leave.',
  },
}
