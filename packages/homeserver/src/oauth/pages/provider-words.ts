/** What the node's pages say of sign-in with an institution's own provider: what is wrong, and what to do next. */
import type { ProviderProblem, ProviderRefusal } from '../providers/types.ts'
import type { Language } from './words.ts'

type Names = { provider: string; institution: string; user: string }

const es = {
  enterWith: (name: string) => `Entrar con ${name}`,
  awayHint: (name: string) =>
    `${name} no responde ahora. Ingrese de otra forma, o vuelva a probar en unos minutos.`,
  confirm:
    'Esa cuenta ya existe aquí. Confirme una sola vez que es suya, con su contraseña o su llave de acceso; después bastará con la cuenta de su institución.',
  notThatAccount:
    'Esa no es la cuenta que indicó su institución, o pasó demasiado tiempo. Empiece de nuevo con la cuenta de su institución.',
  expired: 'Pasó demasiado tiempo, o se abrió en otro navegador. Empiece de nuevo.',
  refusedTitle: 'No se pudo ingresar',
  back: 'Ingresar de otra forma',
  problem: {
    canceled: (name: string) => `No se dio acceso en ${name}. Puede volver a empezar.`,
    away: (name: string) =>
      `${name} no responde ahora. Ingrese de otra forma, o vuelva a probar en unos minutos.`,
    failed: (name: string) =>
      `${name} respondió algo que este servidor no acepta. Vuelva a probar; si se repite, avise a quien mantiene este servidor.`,
  } satisfies Record<ProviderProblem, (name: string) => string>,
  refused: {
    no_identifier: ({ provider }: Names) =>
      `${provider} no dice con qué usuario figura usted en la lista de su institución. Avise a quien administra esas cuentas.`,
    unverified: ({ provider }: Names) =>
      `${provider} todavía no comprobó su correo. Confírmelo allí y vuelva a ingresar.`,
    foreign_domain: ({ provider, institution }: Names) =>
      `La cuenta que usó en ${provider} no es de ${institution}. Ingrese con la de su trabajo.`,
    not_listed: ({ institution, user }: Names) =>
      `${institution} no tiene a «${user}» en su lista firmada de personas. Pida a su coordinación que lo agregue con ese nombre de usuario, y después vuelva a ingresar: no hace falta nada más.`,
    roster_away: ({ institution }: Names) =>
      `La lista firmada de personas de ${institution} no está vigente ahora, y sin ella no se abren cuentas nuevas. Su coordinación la firma de nuevo en la página de la institución.`,
    no_role: ({ provider }: Names) =>
      `${provider} no le da ninguna función en Enlace. Hable con su coordinación.`,
    suspended: () => 'Su cuenta está suspendida. Hable con la coordinación de su institución.',
    closed: () =>
      'Esta cuenta se cerró. Si volvió a la institución, su coordinación le da una nueva, con otro nombre de usuario.',
    no_account: ({ institution }: Names) =>
      `Usted figura en la lista de ${institution}, y todavía no tiene cuenta. Su coordinación le da una invitación.`,
    no_way: () =>
      'Esta cuenta ya existe, y no tiene contraseña ni llave de acceso con que confirmar que es suya. Su coordinación le da un enlace para elegir una contraseña; después vuelva a ingresar aquí.',
  } satisfies Record<ProviderRefusal, (names: Names) => string>,
}

type ProviderWords = {
  [K in keyof typeof es]: (typeof es)[K] extends string ? string : (typeof es)[K]
}

const en: ProviderWords = {
  enterWith: (name) => `Sign in with ${name}`,
  awayHint: (name) => `${name} does not answer now. Sign in another way, or try again in a few minutes.`,
  confirm:
    'That account is here already. Confirm once that it is yours, with your password or passkey; after that the account of your institution is enough.',
  notThatAccount:
    'That is not the account that your institution meant, or it took too long. Begin again with the account of your institution.',
  expired: 'It took too long, or was opened in another browser. Begin again.',
  refusedTitle: 'Not signed in',
  back: 'Sign in another way',
  problem: {
    canceled: (name) => `No access was given at ${name}. You can begin again.`,
    away: (name) => `${name} does not answer now. Sign in another way, or try again in a few minutes.`,
    failed: (name) =>
      `${name} answered something that this server does not accept. Try again; if it happens again, tell whoever maintains this server.`,
  },
  refused: {
    no_identifier: ({ provider }) =>
      `${provider} does not say under which user name you are on your institution’s list. Tell whoever looks after those accounts.`,
    unverified: ({ provider }) =>
      `${provider} has not checked your mail address yet. Confirm it there and sign in again.`,
    foreign_domain: ({ provider, institution }) =>
      `The account you used at ${provider} is not one of ${institution}. Sign in with the one of your work.`,
    not_listed: ({ institution, user }) =>
      `${institution} does not have “${user}” on its signed list of people. Ask your coordinator to add you under that user name, then sign in again: nothing else is needed.`,
    roster_away: ({ institution }) =>
      `The signed list of people of ${institution} is not in force now, and without it no accounts are opened. Its coordination signs it again on the institution’s page.`,
    no_role: ({ provider }) => `${provider} gives you no role in Enlace. Talk to your coordinator.`,
    suspended: () => 'Your account is suspended. Talk to the coordination of your institution.',
    closed: () =>
      'This account was closed. If you came back to the institution, your coordinator gives you a new one, under another user name.',
    no_account: ({ institution }) =>
      `You are on the list of ${institution}, and have no account yet. Your coordinator gives you an invitation.`,
    no_way: () =>
      'That account is here already, and has neither password nor passkey with which to confirm that it is yours. Your coordinator gives you a link to choose a password; then sign in here again.',
  },
}

export const PROVIDER_WORDS: Record<Language, ProviderWords> = { es, en }
