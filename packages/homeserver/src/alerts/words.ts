/** What mails and short messages say: Spanish first. Never more than that something waits, and its reference. */
import { localDateTime } from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import type { AlertDoc } from './types.ts'

const WHAT: Record<AlertDoc['kind'], { urgent: BilingualText; usual: BilingualText }> = {
  escalation: {
    urgent: { es: 'Caso urgente', en: 'Urgent case' },
    usual: { es: 'Caso que espera respuesta', en: 'Case waiting for an answer' },
  },
  case: {
    urgent: { es: 'Caso urgente', en: 'Urgent case' },
    usual: { es: 'Novedad en un caso', en: 'News of a case' },
  },
  deadline: {
    urgent: { es: 'Plazo urgente', en: 'Urgent deadline' },
    usual: { es: 'Plazo de un caso', en: 'Deadline of a case' },
  },
  identity_reset: {
    urgent: {
      es: 'Aviso de seguridad: claves nuevas en una cuenta',
      en: 'Security notice: new keys in an account',
    },
    usual: {
      es: 'Aviso de seguridad: claves nuevas en una cuenta',
      en: 'Security notice: new keys in an account',
    },
  },
  envelope: {
    urgent: {
      es: 'Aviso de seguridad: alguien pide abrir el sobre de una clave de recuperación',
      en: 'Security notice: somebody asks to open the envelope of a recovery key',
    },
    usual: {
      es: 'Aviso de seguridad: alguien pide abrir el sobre de una clave de recuperación',
      en: 'Security notice: somebody asks to open the envelope of a recovery key',
    },
  },
  duty: {
    urgent: { es: 'Novedad urgente en los turnos de guardia', en: 'Urgent news of the duty roster' },
    usual: { es: 'Novedad en los turnos de guardia', en: 'News of the duty roster' },
  },
  commitment: {
    urgent: { es: 'Compromiso de una reunión por cumplir', en: 'Commitment of a meeting to be fulfilled' },
    usual: { es: 'Compromiso de una reunión por cumplir', en: 'Commitment of a meeting to be fulfilled' },
  },
  meeting: {
    urgent: { es: 'Reunión', en: 'Meeting' },
    usual: { es: 'Reunión', en: 'Meeting' },
  },
  new_device: {
    urgent: {
      es: 'Aviso de seguridad: ingreso a su cuenta desde un dispositivo nuevo',
      en: 'Security notice: a new device signed in to your account',
    },
    usual: {
      es: 'Aviso de seguridad: ingreso a su cuenta desde un dispositivo nuevo',
      en: 'Security notice: a new device signed in to your account',
    },
  },
  directory: {
    urgent: { es: 'Datos del directorio por confirmar', en: 'Directory data to be confirmed' },
    usual: { es: 'Datos del directorio por confirmar', en: 'Directory data to be confirmed' },
  },
  report: {
    urgent: { es: 'Aviso urgente sobre un mensaje', en: 'Urgent report of a message' },
    usual: { es: 'Novedad en un aviso sobre un mensaje', en: 'News of a report of a message' },
  },
  digest: {
    urgent: { es: 'Mensajes sin leer', en: 'Unread messages' },
    usual: { es: 'Mensajes sin leer', en: 'Unread messages' },
  },
  week: {
    urgent: { es: 'Su semana en números', en: 'Your week in numbers' },
    usual: { es: 'Su semana en números', en: 'Your week in numbers' },
  },
  test: {
    urgent: { es: 'Mensaje de prueba', en: 'Test message' },
    usual: { es: 'Mensaje de prueba', en: 'Test message' },
  },
}

function headline({ kind, urgent, reference }: AlertDoc): BilingualText {
  const { es, en } = WHAT[kind][urgent ? 'urgent' : 'usual']
  // A device's id is whatever was sent with the sign-in: it goes into no mail.
  const about = reference === undefined || kind === 'new_device' ? '' : ` ${reference}`
  return { es: es + about, en: en + about }
}

export function mailText(alert: AlertDoc, publicUrl: string): { subject: string; text: string } {
  if (alert.kind === 'digest' || alert.kind === 'week') return numbersMail(alert, publicUrl)
  if (alert.kind === 'meeting') return meetingMail(alert, publicUrl)
  const { es, en } = headline(alert)
  const test = alert.kind === 'test'
  const asked = alert.kind === 'directory'
  const lines = [
    `${es}.`,
    test
      ? 'Si lee esto, los avisos de Enlace le llegan por correo.'
      : alert.kind === 'new_device'
        ? 'Si fue usted, no haga nada. Si no, abra Enlace, Ajustes, Sesiones, cierre esa sesión y cambie su contraseña.'
        : asked
          ? 'Abra Enlace, mire los datos de su institución y toque «Sigue correcto», o corríjalos.'
          : 'Abra Enlace para verlo y acusar recibo. Este correo no contiene datos del caso.',
    publicUrl,
    '',
    `${en}.`,
    test
      ? 'If you can read this, alerts of Enlace reach you by mail.'
      : alert.kind === 'new_device'
        ? 'If it was you, do nothing. If not, open Enlace, Settings, Sessions, end that session and change your password.'
        : asked
          ? 'Open Enlace, look at the data of your institution and tap “Still correct”, or correct them.'
          : 'Open Enlace to see it and acknowledge it. This mail contains no details of the case.',
    publicUrl,
    '',
    'Puede cambiar sus avisos en Enlace, en Avisos. / You can change your alerts in Enlace, under Alerts.',
  ]
  return { subject: `Enlace: ${es} / ${en}`, text: `${lines.join('\n')}\n` }
}

/** What a number of a mail says. Nothing of who or what: mail passes through others' servers. */
const NUMBERS: Record<string, (n: number) => BilingualText> = {
  messages: (n) => ({
    es: n === 1 ? '1 mensaje sin leer' : `${n} mensajes sin leer`,
    en: n === 1 ? '1 unread message' : `${n} unread messages`,
  }),
  rooms: (n) => ({
    es: n === 1 ? 'en 1 canal o conversación' : `en ${n} canales o conversaciones`,
    en: n === 1 ? 'in 1 channel or conversation' : `in ${n} channels or conversations`,
  }),
  open: (n) => ({
    es: `Casos abiertos en su institución: ${n}`,
    en: `Open cases at your institution: ${n}`,
  }),
  unanswered: (n) => ({ es: `Casos sin acuse de recibo: ${n}`, en: `Cases not acknowledged: ${n}` }),
  late: (n) => ({ es: `Casos con el plazo vencido: ${n}`, en: `Cases past their deadline: ${n}` }),
  ended: (n) => ({
    es: `Casos terminados en los últimos siete días: ${n}`,
    en: `Cases ended in the last seven days: ${n}`,
  }),
  calls: (n) => ({
    es: `Llamados urgentes a su institución en los últimos siete días: ${n}`,
    en: `Urgent calls on your institution in the last seven days: ${n}`,
  }),
  calls_in_time: (n) => ({
    es: `De ellos, atendidos a tiempo, por los primeros que se llamó: ${n}`,
    en: `Of these, taken in time, by those who were called first: ${n}`,
  }),
  calls_late: (n) => ({
    es: `Atendidos tarde, cuando ya habían subido de nivel: ${n}`,
    en: `Taken late, after they had climbed: ${n}`,
  }),
  calls_waiting: (n) => ({ es: `Sin que nadie los haya atendido: ${n}`, en: `Taken by nobody yet: ${n}` }),
  raised: (n) => ({
    es: `Llamados urgentes que hizo su institución: ${n}`,
    en: `Urgent calls your institution raised: ${n}`,
  }),
  gaps: (n) => ({
    es: `Huecos en sus turnos de guardia de los próximos siete días: ${n}`,
    en: `Gaps in your duty roster of the next seven days: ${n}`,
  }),
  gap_hours: (n) => ({ es: `Horas sin nadie de guardia: ${n}`, en: `Hours with nobody on duty: ${n}` }),
  outdated: (n) => ({
    es: `Partes de su entrada en el directorio por confirmar: ${n}`,
    en: `Parts of your directory entry to be confirmed: ${n}`,
  }),
}

function numbersMail(alert: AlertDoc, publicUrl: string): { subject: string; text: string } {
  const { es, en } = headline(alert)
  const said = Object.entries(alert.numbers ?? {}).flatMap(([key, n]) => NUMBERS[key]?.(n) ?? [])
  const lines = [
    `${es}.`,
    ...said.map((one) => `- ${one.es}`),
    'Este correo no contiene nombres ni datos de casos.',
    publicUrl,
    '',
    `${en}.`,
    ...said.map((one) => `- ${one.en}`),
    'This mail contains no names and no details of cases.',
    publicUrl,
    '',
    'Para no recibir estos resúmenes: Enlace, Ajustes, Avisos urgentes, «Resumen por correo». / To stop these summaries: Enlace, Settings, Urgent alerts, “Summary by mail”.',
  ]
  return { subject: `Enlace: ${es} / ${en}`, text: `${lines.join('\n')}\n` }
}

/** That there is a meeting, and when: what it is about, and where, the node does not know. */
function meetingMail(alert: AlertDoc, publicUrl: string): { subject: string; text: string } {
  const { es, en } = headline(alert)
  const when = localDateTime(alert.due_ts ?? 0).replace('T', ' ')
  const lines = [
    `${es}: ${when}, hora de Honduras y de Guatemala.`,
    'De qué trata, dónde es y quiénes participan lo ve en Enlace. Allí confirma su institución; responder a este correo no confirma.',
    publicUrl,
    '',
    `${en}: ${when}, time of Honduras and Guatemala.`,
    'What it is about, where it is and who takes part is in Enlace. Your institution confirms there; an answer to this mail confirms nothing.',
    publicUrl,
    '',
    'Para no recibir reuniones por correo: Enlace, Reuniones, «En su calendario». / To stop meetings by mail: Enlace, Meetings, “In your calendar”.',
  ]
  return { subject: `Enlace: ${es} / ${en}, ${when}`, text: `${lines.join('\n')}\n` }
}

/** Fits one SMS: at most 160 letters of the GSM alphabet. */
export function shortText(alert: AlertDoc): string {
  const { es, en } = headline(alert)
  if (alert.kind === 'new_device')
    return 'Enlace: ingreso desde un dispositivo nuevo. Si no fue usted, abra Enlace. / New device signed in. Not you? Open Enlace.'
  if (alert.kind === 'envelope')
    return 'Enlace: alguien pide abrir el sobre de una clave. Abra Enlace. / Somebody asks for the envelope of a key. Open Enlace.'
  if (alert.kind === 'test') return `Enlace: ${es}. / ${en}.`
  return alert.kind === 'directory'
    ? `Enlace: ${es}. / ${en}.`
    : `Enlace: ${es}. Abra Enlace y acuse recibo. / ${en}. Open Enlace and acknowledge.`
}

/** The first that an address hears of Enlace, and it may be a stranger's. */
export function codeMail(code: string, publicUrl: string): { subject: string; text: string } {
  const lines = [
    `Código: ${code}`,
    'Escríbalo en Enlace, en Ajustes, Avisos urgentes, para recibir avisos en este correo. Vale 15 minutos. No lo comparta con nadie.',
    'Si usted no lo pidió, no haga nada: sin el código no llegará ningún aviso aquí.',
    '',
    `Code: ${code}`,
    'Write it in Enlace, under Settings, Urgent alerts, to receive alerts at this address. It counts for 15 minutes. Share it with nobody.',
    'If you did not ask for it, do nothing: without the code no alert will come here.',
    '',
    publicUrl,
  ]
  return {
    subject: 'Enlace: código para confirmar este correo / code to confirm this address',
    text: `${lines.join('\n')}\n`,
  }
}

/** Fits one SMS of the GSM alphabet, which has no á, í, ó or ú. */
export const codeShortText = (code: string): string =>
  `Enlace: ${code} confirma este tel. para recibir avisos. Vale 15 min. No lo comparta. / ${code} confirms this phone for alerts, for 15 min.`
