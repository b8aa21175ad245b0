import type { identity as es } from '../es/identity.ts'

export const identity: typeof es = {
  restart: {
    title: 'Start again',
    waitTitle: 'Ask them to confirm that it is you',
    coordinator: 'Call your institution’s coordination, or go to them, and read this code to them:',
    operator:
      'Nobody else coordinates in your institution. Call the operator of your institution’s server and read this code to them:',
    who: 'These people can confirm:',
    until: (when) => `Good until ${when}.`,
    wait: 'Waiting for the confirmation… You can close Enlace: it goes on waiting when you open it.',
    warning: 'Read it only to somebody you have called. Nobody of Enlace will ask for it in a message.',
    giveUp: 'Cancel the request',
    finishing: 'Confirmed. Preparing this device…',
    over: {
      refused: 'Your coordination did not confirm it. Talk to them before you try again.',
      denied:
        'On another device of this account somebody answered “It was not me”. Talk to your institution’s coordination.',
      expired: 'Nobody confirmed it in time. Ask again when you can call your coordination.',
    },
    tryAgain: 'Ask again',
    banner: 'Your coordination has yet to confirm that it is you.',
    bannerOver: 'It was not confirmed that it is you.',
    showCode: 'Show the code',
    see: 'See',
  },
  resets: {
    title: 'Confirmations',
    card: 'People who start again',
    cardHint:
      'When somebody of your institution loses their devices and their key, you confirm that it is them.',
    open: 'See the requests',
    banner: (name, more) =>
      more === 0
        ? `${name} asks to start again with new keys. Confirm whether it is them.`
        : `${name} and ${more} more ask to start again with new keys.`,
    hint: 'Whoever starts again receives what is written in the channels from then on. Confirm only people whose voice or face you know.',
    none: 'Nobody is waiting for a confirmation',
    noneHint: 'Here you will see who of your institution asks to start again.',
    notYours: 'This is for the coordination',
    notYoursHint: 'Only an institution’s coordination confirms its people.',
    asked: (when) => `Asked on ${when}`,
    from: (device) => `from “${device}”`,
    until: (when) => `Good until ${when}`,
    doubted: 'Careful: in another session of this account somebody answered “It was not me”.',
    decide: 'Confirm or refuse',
    dialog: (name) => `Is it ${name}?`,
    steps: [
      'Call the person at a number you already had, or see them in person. Not by Enlace.',
      'Ask them whether they asked to start again.',
      'Ask for the code on their screen and type it here. Do not tell it to them.',
    ],
    code: 'The code they read to you',
    codeHint: '24 digits, in six groups.',
    password: 'Your own password',
    approve: 'Yes, it is them: confirm',
    refuse: 'No: refuse',
    working: 'Sending…',
    wrongCode:
      'The code is not the same. Do not confirm: it may be somebody posing as this person. Unless it was misread, refuse, and have the password of that account changed.',
    approved: (name) => `Confirmed. The device of ${name} goes on by itself.`,
    refused: (name) =>
      `Refused. If ${name} did not ask, somebody has their password: have them change it today.`,
    log: 'Decided in the last 90 days',
    state: {
      waiting: 'waiting',
      approved: 'confirmed, not used yet',
      refused: 'refused',
      withdrawn: 'withdrawn by whoever asked',
      denied: 'the person answered “It was not me”',
      done: 'confirmed and done',
      reported: 'the person said: “It was not me”',
      expired: 'ran out without an answer',
    },
    by: (name) => `by ${name}`,
    operator: 'the operator of the server',
  },
  confirmed: {
    text: (name, by, when) =>
      `${name} started again with new keys. ${by}, who coordinates their institution, confirmed it with a signature (${when}).`,
    mine: (name, when) => `${name} started again with new keys. You confirmed it (${when}).`,
    ok: 'Understood',
  },
}
