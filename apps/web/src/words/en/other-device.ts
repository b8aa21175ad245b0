import type { Words } from '../types.ts'

export const otherDevice: Pick<Words, 'otherDevice'> = {
  otherDevice: {
    title: 'Sign in with another device',
    intro: 'Use a phone or computer where your Enlace account is open already.',
    steps: [
      'Scan this square with the camera of the other device. Or open Enlace there, go to Settings, Sessions, “Sign in on another device” and type the code.',
      'Check on the other device that the code is the same, and confirm with your password or passkey.',
      'This screen goes on by itself as soon as you confirm.',
    ],
    qr: 'QR code that opens the confirmation on the other device',
    code: 'Code',
    orType: (address) => `Without Enlace at hand: open ${address} and type the code.`,
    until: (time) => `Good until ${time}.`,
    waiting: 'Waiting for the other device to confirm…',
    offline: 'No connection to the server. Trying again.',
    entering: 'Confirmed. Signing in…',
    starting: 'Asking for a code…',
    ended: {
      denied: 'The answer on the other device was no. If that was a mistake, ask for another code.',
      expired:
        'The code ran out before anybody confirmed it. Ask for another one when you have the other device at hand.',
      refused: 'The server does not accept that code any more. Ask for another one.',
      offline: 'A code could not be asked for. Check the connection and try again.',
    },
    again: 'Ask for another code',
    back: 'Sign in another way',

    approve: {
      open: 'Sign in on another device',
      openHint:
        'Open Enlace on the new device, choose “Sign in with another device” and type the code it shows here.',
      title: 'Sign in on another device',
      typeHint: 'On the new device, choose “Sign in with another device”. Type the code it shows here.',
      code: 'Code of the new device',
      go: 'Continue',
      looking: 'Looking for the device…',
      other: 'Type another code',
      asks: 'A device asks to enter your account',
      what: 'If you confirm, that device can read and write as you until you end its session in Settings.',
      compare: 'The device in front of you must show this same code:',
      application: 'Program',
      from: 'Network it asks from',
      sameNetwork: 'the same one you are on',
      otherNetwork:
        'It asks from another network than yours. That is so if your phone uses mobile data. If the device is not in front of you, answer no.',
      when: 'Time',
      warn: 'If somebody sent you this code or this link, answer no: they want to enter your account. Nobody of your institution will ask you for it by telephone, mail or message.',
      inFront: 'The device is in front of me, I asked to sign in, and the code is the same.',
      yes: 'Let the device in',
      no: 'No, that was not me',
      refusedDone:
        'The device did not get in. If you did not ask to sign in anywhere, change your password and tell your coordination.',
      admitted: 'Done: the device is entering your account.',
      soon: 'Wait until Enlace has opened there…',
      confirmHint:
        'One step is left: confirming that it is yours, by comparing some pictures. Then it reads your earlier messages without the recovery key.',
      confirm: 'Compare pictures now',
      cannotConfirm:
        'This device is not confirmed itself yet and cannot confirm another. On the new device, use your recovery key.',
      confirmed: 'The new device is confirmed.',
      toSessions: 'See my sessions',
    },
  },
}
