import type { Words } from '../types.ts'

export const unkept: Pick<Words, 'deviceFull' | 'notHere'> = {
  deviceFull: {
    title: 'This device has no room left.',
    hint: 'What arrives is shown while Enlace is open, but is not kept here. Delete files or apps that you do not use.',
  },
  notHere: {
    title: 'This page is not kept on this device yet',
    hint: 'It is downloaded when it is opened for the first time, and there is no connection now. It opens by itself as soon as there is. The rest of Enlace goes on working.',
  },
}
