import type { Words } from '../types.ts'

export const linkedAccounts: Pick<Words, 'linkedAccounts'> = {
  linkedAccounts: {
    title: 'Linked accounts',
    hint: 'With these accounts of your institution you can sign in to Enlace without typing your password of here.',
    none: 'You have not linked any yet.',
    since: (when) => `Linked since ${when}`,
    unlink: 'Remove the link',
    unlinkTitle: (name) => `Remove the link with ${name}`,
    unlinkHint:
      'You will not be able to sign in with that account any more. Sessions that are open stay; end them in Sessions if needed.',
    onlyWay:
      'It is the only way into your account, so it cannot be removed. Add a passkey first, or ask your coordination for a link to set a password.',
    link: (name) => `Link ${name}`,
    linkHint:
      'The page of your institution opens. When you come back, Enlace asks once for your password or passkey.',
    away: (name) => `${name} does not answer now. Try again in a few minutes.`,
    failed: 'Your linked accounts could not be seen.',
  },
}
