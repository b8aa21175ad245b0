import type { Words } from '../types.ts'

export const keyLoss: Pick<Words, 'keyLoss'> = {
  keyLoss: {
    asking: 'Checking whether your recovery key is saved…',
    unknown:
      'It could not be checked whether your recovery key is saved. If it is not, and this is your only device, you lose your earlier messages by signing out. If you can, wait for a connection.',
    forget:
      'Nothing on this device says that the recovery key of the account is saved. If it is not, and that person has no other device, their earlier messages are lost.',
    others:
      'This device is not confirmed and nothing says that your recovery key is saved: if you end the others, you may lose your earlier messages.',
    of: (who) => `${who}: nothing says that their recovery key is saved`,
    lose: 'I understand that earlier messages are lost if the key is not saved.',
    loseBoth:
      'I understand that messages that were not sent and, if the key is not saved, earlier ones are lost.',
  },
}
