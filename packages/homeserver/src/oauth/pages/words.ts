/** What the node's own pages say: Spanish first. */
export type Language = 'es' | 'en'

const es = {
  signIn: 'Ingresar',
  signInTo: (name: string) => `Ingresar en ${name}`,
  intro: (asker: string) =>
    `${asker} le pide que ingrese con su cuenta de este servidor. Su contraseña se queda aquí: esa aplicación no la ve.`,
  introReset: 'Confirme que es usted para empezar de nuevo con otra identidad de cifrado.',
  introLink:
    'Elija la cuenta de su institución para enlazarla con la suya de Enlace. Después podrá entrar con ella.',
  linkTitle: 'Enlazar la cuenta de su institución',
  linkNothing: 'Todavía no se enlazó nada: vuelva a Enlace y elija ahí la cuenta de su institución.',
  linkBack: 'Volver a Enlace',
  user: 'Nombre de usuario',
  password: 'Contraseña',
  go: 'Continuar',
  passkey: 'Usar una llave de acceso',
  cancel: 'Cancelar',
  wrong: 'El nombre de usuario o la contraseña no es correcto. Escríbalos otra vez.',
  tooMany: 'Demasiados intentos. Espere un momento y vuelva a probar.',
  suspended: 'Esta cuenta está suspendida. Hable con la coordinación de su institución.',
  again: 'Pasó demasiado tiempo. Escriba otra vez su contraseña.',
  passkeyWrong: 'Esa llave de acceso no se aceptó. Use otra, o su contraseña.',
  failed: 'Algo falló en el servidor. Vuelva a probar en un momento.',
  secondTitle: 'Segundo paso',
  secondIntro: 'Lo anterior es correcto. Falta su segundo paso.',
  code: 'Código de su aplicación (6 dígitos)',
  recovery: 'Código de recuperación',
  recoveryHint: 'Uno de los diez que guardó en papel. Sirve una sola vez.',
  secondPasskey: 'Usar mi llave de acceso',
  codeWrong: 'Ese código no se aceptó. Escriba el que muestra la aplicación ahora.',
  codeUsed: 'Ese código ya se usó. Espere el siguiente.',
  or: 'o',
  consentTitle: 'Dar acceso',
  consent: (asker: string) => `${asker} quiere entrar en su cuenta.`,
  account: 'Cuenta',
  application: 'Aplicación',
  site: 'Vuelve a',
  device: 'Dispositivo',
  from: 'Lo pide desde',
  at: 'Hora',
  consentCan:
    'Podrá leer sus conversaciones y escribir en su nombre, hasta que usted cierre esa sesión en Enlace: Ajustes, Sesiones.',
  consentWarn: 'Si usted no empezó este ingreso, cancele. Nadie de su institución le pedirá que lo acepte.',
  allow: 'Dar acceso',
  notMe: 'No soy esta persona',
  due: 'Su función necesita un segundo paso para ingresar, y todavía no lo tiene. Ábralo en Enlace (Ajustes, Ingreso), y vuelva a intentarlo aquí.',
  openEnlace: 'Abrir Enlace',
  taken: 'Ese dispositivo ya es de otra sesión suya. Empiece de nuevo en la aplicación.',
  expiredTitle: 'Este ingreso ya no está abierto',
  expired: 'Pasó demasiado tiempo, o se abrió en otro navegador. Vuelva a la aplicación y empiece de nuevo.',
  errorTitle: 'No se puede continuar',
  error:
    'La aplicación pidió algo que este servidor no acepta. Vuelva a ella y empiece de nuevo; si se repite, avise a quien la mantiene.',
  errorCode: 'Para quien la mantiene',
  deviceTitle: 'Ingresar en otro dispositivo',
  deviceIntro: 'Escriba el código que muestra el dispositivo que usted tiene delante.',
  deviceCode: 'Código',
  deviceWarn:
    'Si alguien le envió este código o le dictó esta dirección, cierre la página: quiere entrar en su cuenta. Su institución nunca lo pide por teléfono, por correo ni por mensaje.',
  deviceWrong: 'Ese código no existe o ya terminó. Pida otro en el dispositivo.',
  deviceUsed: 'Ese código ya se usó. Pida otro en el dispositivo.',
  deviceStopped: 'No se dio acceso. Puede cerrar esta página.',
  deviceConfirmTitle: '¿Es su dispositivo?',
  deviceConfirm: 'Compare: el dispositivo que usted tiene delante debe mostrar este mismo código.',
  deviceYes: 'Sí, es el mío',
  deviceNo: 'No, cancelar',
  doneTitle: 'Listo',
  deviceDone: 'El dispositivo ya puede entrar en su cuenta. Puede cerrar esta página.',
  resetTitle: 'Empezar de nuevo con otra identidad',
  resetConsent:
    'Hace falta cuando perdió su llave de recuperación y todos sus dispositivos. Después, sus colegas verán que su identidad cambió y la verificarán otra vez. Lo que estaba cifrado para la anterior puede quedar sin leer.',
  resetAllow: 'Empezar de nuevo',
  resetDone: 'Vuelva a la aplicación y continúe allí en los próximos diez minutos.',
  minutesAgo: (minutes: number) =>
    minutes < 1 ? 'hace menos de un minuto' : minutes === 1 ? 'hace un minuto' : `hace ${minutes} minutos`,
  other: 'English',
  noScript: 'Las llaves de acceso necesitan JavaScript.',
  canceledTitle: 'No se dio acceso',
  canceled: 'Puede cerrar esta página.',
  providers: 'Con la cuenta de su institución',
}
export type Words = typeof es

const en: Words = {
  signIn: 'Sign in',
  signInTo: (name) => `Sign in to ${name}`,
  intro: (asker) =>
    `${asker} asks you to sign in with your account on this server. Your password stays here: that application does not see it.`,
  introReset: 'Confirm that it is you to start again with a new encryption identity.',
  introLink:
    'Choose your institution’s account to link it with yours of Enlace. Then you can sign in with it.',
  linkTitle: 'Link your institution’s account',
  linkNothing: 'Nothing has been linked yet: go back to Enlace and choose your institution’s account there.',
  linkBack: 'Back to Enlace',
  user: 'User name',
  password: 'Password',
  go: 'Continue',
  passkey: 'Use a passkey',
  cancel: 'Cancel',
  wrong: 'The user name or the password is not right. Type them again.',
  tooMany: 'Too many attempts. Wait a moment and try again.',
  suspended: 'This account is suspended. Talk to the coordinators of your institution.',
  again: 'That took too long. Type your password again.',
  passkeyWrong: 'That passkey was not accepted. Use another one, or your password.',
  failed: 'Something went wrong on the server. Try again in a moment.',
  secondTitle: 'Second step',
  secondIntro: 'So far it is right. Your second step is missing.',
  code: 'Code of your app (6 digits)',
  recovery: 'Recovery code',
  recoveryHint: 'One of the ten you kept on paper. It works once.',
  secondPasskey: 'Use my passkey',
  codeWrong: 'That code was not accepted. Type the one that the app shows now.',
  codeUsed: 'That code was used already. Wait for the next one.',
  or: 'or',
  consentTitle: 'Give access',
  consent: (asker) => `${asker} wants to enter your account.`,
  account: 'Account',
  application: 'Application',
  site: 'Returns to',
  device: 'Device',
  from: 'Asked from',
  at: 'Time',
  consentCan:
    'It can read your conversations and write in your name, until you end that session in Enlace: Settings, Sessions.',
  consentWarn:
    'If you did not begin this sign-in, cancel. Nobody of your institution will ask you to accept it.',
  allow: 'Give access',
  notMe: 'I am not this person',
  due: 'Your role needs a second step to sign in, and you do not have it yet. Add it in Enlace (Settings, Sign-in), then try again here.',
  openEnlace: 'Open Enlace',
  taken: 'That device belongs to another session of yours. Start again in the application.',
  expiredTitle: 'This sign-in is not open any more',
  expired: 'It took too long, or was opened in another browser. Go back to the application and start again.',
  errorTitle: 'This cannot go on',
  error:
    'The application asked for something this server does not accept. Go back and start again; if it happens again, tell whoever maintains it.',
  errorCode: 'For whoever maintains it',
  deviceTitle: 'Sign in on another device',
  deviceIntro: 'Type the code shown by the device in front of you.',
  deviceCode: 'Code',
  deviceWarn:
    'If somebody sent you this code or told you this address, close the page: they want to enter your account. Your institution never asks for it by telephone, mail or message.',
  deviceWrong: 'There is no such code, or it has ended. Ask the device for another one.',
  deviceUsed: 'That code was used already. Ask the device for another one.',
  deviceStopped: 'No access was given. You can close this page.',
  deviceConfirmTitle: 'Is this your device?',
  deviceConfirm: 'Compare: the device in front of you must show this same code.',
  deviceYes: 'Yes, it is mine',
  deviceNo: 'No, cancel',
  doneTitle: 'Done',
  deviceDone: 'The device can enter your account now. You can close this page.',
  resetTitle: 'Start again with a new identity',
  resetConsent:
    'This is for when you lost your recovery key and all your devices. Your colleagues will see that your identity changed and verify it again. What was encrypted for the old one may stay unreadable.',
  resetAllow: 'Start again',
  resetDone: 'Go back to the application and continue there within ten minutes.',
  minutesAgo: (minutes) =>
    minutes < 1 ? 'less than a minute ago' : minutes === 1 ? 'a minute ago' : `${minutes} minutes ago`,
  other: 'Español',
  noScript: 'Passkeys need JavaScript.',
  canceledTitle: 'No access was given',
  canceled: 'You can close this page.',
  providers: 'With the account of your institution',
}

export const WORDS: Record<Language, Words> = { es, en }

/** Spanish, unless the page was asked for in English, or the browser speaks English and no Spanish before it. */
export function languageOf(header: string | undefined, asked?: string | null): Language {
  if (asked === 'es' || asked === 'en') return asked
  const first = (header ?? '')
    .split(',')
    .map((one) => one.trim().slice(0, 2).toLowerCase())
    .find((one) => one === 'es' || one === 'en')
  return first === 'en' ? 'en' : 'es'
}
