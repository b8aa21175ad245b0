import type { common as spanish } from '../es/common.ts'

export const common: typeof spanish = {
  tagline: 'Secure messaging between institutions of Honduras and Guatemala',
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  retry: 'Try again',
  copy: 'Copy',
  copied: 'Copied',
  passwordWrong: 'The password is not right. Check it and try again.',
  loading: 'Loading…',
  you: 'You',
  languageSwitch: 'Español',
  languageSwitchLabel: 'Cambiar a español',
  failure: {
    offline: 'There is no connection. Check your internet and try again.',
    cancelled: 'Cancelled.',
    too_many: (seconds) =>
      `The server is busy. Wait ${seconds === 1 ? '1 second' : `${seconds} seconds`} and try again.`,
    too_large: 'It is too large for the server. Send something smaller.',
    storage_full:
      'This device has no room to keep it. What you wrote is still here: free some space, or send it without keeping it.',
    refused: 'The server does not allow it. Ask the channel’s coordinators.',
    held: {
      not_encrypted: 'Not sent: this room is not encrypted. Use a channel of the network.',
      not_channel: 'Not sent: cases go only into channels of the network, and this room is not one.',
      unvouched:
        'Paused: your server does not vouch for somebody in this channel. See the notice in the channel.',
      identity: 'Paused: the identity of somebody in this channel changed. See the notice in the channel.',
    },
    server: 'The server had a problem. Wait a moment and try again.',
    contact: (who) => `Ask: ${who}`,
  },
  errors: {
    boundary: 'Something failed on this screen',
    boundaryHint: 'Your messages are safe. Reload to go on.',
    reload: 'Reload',
    notFound: 'This page does not exist',
    notFoundHint: 'The link may be incomplete.',
    toChannels: 'Go to the channels',
  },
  countries: { HN: 'Honduras', GT: 'Guatemala', SV: 'El Salvador', MX: 'Mexico', NI: 'Nicaragua' },
}
