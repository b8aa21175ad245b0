import type { Words } from '../types.ts'

export const lock: Words['lock'] = {
  title: 'Lock of this device',
  hint: 'For computers and phones that several people use. What Enlace keeps here stays shut until you type your PIN.',
  off: 'No lock: whoever opens this browser sees your messages.',
  on: (minutes) => `Locks after ${minutes} min without use.`,
  withPasskey: 'Opens with your PIN or your passkey.',
  whileLocked: 'While it is locked, urgent alerts reach you by your other channels.',
  fromBefore: 'This device signed in with an earlier version. Sign out and in again to be able to lock it.',
  nothingKept: 'You are on a public computer: nothing stays here when you close the page.',
  set: 'Set a lock',
  change: 'Change PIN',
  remove: 'Remove lock',
  now: 'Lock now',
  nav: 'Lock',
  changePerson: 'Change person',
  idle: 'Lock without use after',
  minutes: (minutes) => (minutes === 60 ? '1 hour' : minutes === 1 ? '1 minute' : `${minutes} minutes`),
  setTitle: 'Set a PIN for this device',
  setHint: 'At least 6 digits, or a phrase. It works here only; your password stays the same.',
  pin: 'PIN',
  again: 'PIN again',
  passkey: 'Open with fingerprint, face or device PIN as well (passkey)',
  save: 'Save',
  short: 'The PIN needs at least 6 digits or letters.',
  simple: 'That PIN is one of the first that somebody would try. Choose another.',
  differ: 'The two PINs are not the same.',
  noPasskey: 'The PIN is set. The passkeys of this device do not work for the lock.',
  done: 'Lock set.',
  removed: 'Lock removed.',
  failed: 'It could not be saved. Try again.',
  lockedTitle: 'Enlace is locked',
  unlock: 'Open',
  opening: 'Opening…',
  usePasskey: 'Use passkey',
  wrong: (left) =>
    left === 1
      ? 'That is not the PIN. 1 try left: after it what is kept here is deleted.'
      : `That is not the PIN. ${left} tries left.`,
  wait: (seconds) => `Too many tries. Wait ${seconds} s and try again.`,
  lost: 'Too many tries: what was kept on this device was deleted. Sign in again with your password.',
  cancelled: 'The passkey did not open it. Try again, or use your PIN.',
  otherPerson: 'Another person',
  forgot: 'I forgot my PIN',
  forgotTitle: 'Start again on this device?',
  forgotHint:
    'What Enlace keeps here of your account is deleted, drafts too. Then you sign in with your password and get your messages back with your recovery key or from another device.',
  forgotConfirm: 'Delete and sign in again',
  othersHere: 'Also on this computer',
  publicComputer: 'Public computer: leave nothing here',
  publicHint: 'Messages are shown while the page is open. Closing or reloading it signs you out.',
}

export const lockRule: Words['lockRule'] = {
  title: 'Lock of devices',
  hint: 'It holds for all your people. Each may choose a shorter time, never a longer one.',
  required: 'A lock is needed on',
  which: {
    no: 'Those whose person wants one',
    shared: 'Computers and telephones that several people use',
    always: 'All devices',
  },
  idle: 'They lock without use, at the latest, after',
  anyTime: 'What each person chooses',
  save: 'Save the rule',
  saved: 'Saved. Your people’s devices take it up within minutes.',
  demanded: 'Your institution asks for a lock on this device.',
  atMost: (minutes: number) =>
    minutes === 1
      ? 'Your institution asks that it locks, at the latest, after 1 minute without use.'
      : `Your institution asks that it locks, at the latest, after ${minutes} minutes without use.`,
}
