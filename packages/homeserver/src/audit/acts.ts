/**
 * Every act the log knows, in words. The list is closed: what is not here cannot be recorded. An act is never taken out or
 * given another meaning, because old entries name it.
 */
import type { BilingualText } from '@enlace/directory/text'

export const ACT_GROUPS = {
  session: { es: 'Ingresos y sesiones', en: 'Sign-ins and sessions' },
  account: { es: 'Cuentas y roles', en: 'Accounts and roles' },
  factor: { es: 'Segundo paso', en: 'Second step' },
  invite: { es: 'Invitaciones', en: 'Invitations' },
  channel: { es: 'Canales', en: 'Channels' },
  case: { es: 'Casos', en: 'Cases' },
  escalation: { es: 'Llamados urgentes', en: 'Urgent calls' },
  export: { es: 'Exportaciones', en: 'Exports' },
  report: { es: 'Avisos sobre mensajes', en: 'Reports of messages' },
  retention: { es: 'Conservación y borrado', en: 'Retention and deletion' },
  network: { es: 'Lista de la red y claves', en: 'Network list and keys' },
  node: { es: 'Servidor', en: 'Server' },
} as const satisfies Record<string, BilingualText>
export type ActGroup = keyof typeof ACT_GROUPS

type ActWords = BilingualText & { group: ActGroup }

export const ACTS = {
  'session.start': { group: 'session', es: 'Ingresó', en: 'Signed in' },
  'session.refused': { group: 'session', es: 'Ingreso rechazado', en: 'Sign-in refused' },
  'session.refused_many': {
    group: 'session',
    es: 'Ingresos rechazados, contados juntos',
    en: 'Sign-ins refused, counted together',
  },
  'session.provider': {
    group: 'session',
    es: 'Se identificó con el proveedor de su institución',
    en: 'Identified by the institution’s provider',
  },
  'session.end': { group: 'session', es: 'Sesión terminada', en: 'Session ended' },
  'session.authorize': {
    group: 'session',
    es: 'Autorizó una aplicación o un dispositivo',
    en: 'Authorised an app or a device',
  },

  'account.create': { group: 'account', es: 'Cuenta creada', en: 'Account created' },
  'account.role': { group: 'account', es: 'Rol o institución cambiados', en: 'Role or institution changed' },
  'account.password': { group: 'account', es: 'Contraseña cambiada', en: 'Password changed' },
  'account.link': {
    group: 'account',
    es: 'Cuenta unida al proveedor de la institución',
    en: 'Account linked to the institution’s provider',
  },
  'account.unlink': {
    group: 'account',
    es: 'Cuenta separada del proveedor de la institución',
    en: 'Account unlinked from the institution’s provider',
  },
  'account.suspend': { group: 'account', es: 'Cuenta suspendida', en: 'Account suspended' },
  'account.restore': { group: 'account', es: 'Suspensión levantada', en: 'Suspension lifted' },
  'account.deactivate': {
    group: 'account',
    es: 'Cuenta cerrada para siempre',
    en: 'Account closed for good',
  },
  'account.leave': { group: 'account', es: 'Dejó la institución', en: 'Left the institution' },
  'account.import': { group: 'account', es: 'Personal importado', en: 'Staff imported' },
  'account.succession': {
    group: 'account',
    es: 'Coordinación nombrada por sucesión',
    en: 'Coordinator appointed by succession',
  },
  'account.identity': {
    group: 'account',
    es: 'Identidad de cifrado empezada de nuevo',
    en: 'Encryption identity started again',
  },
  'account.recovery': {
    group: 'account',
    es: 'Clave de recuperación usada o entregada',
    en: 'Recovery key used or handed over',
  },

  'account.recovery_made': {
    group: 'account',
    es: 'Clave de recuperación hecha o cambiada',
    en: 'Recovery key made or replaced',
  },
  'envelope.made': {
    group: 'account',
    es: 'Sobre de la institución hecho',
    en: 'The institution’s envelope made',
  },
  'envelope.asked': {
    group: 'account',
    es: 'Pidió abrir su sobre',
    en: 'Asked to open their envelope',
  },
  'envelope.released': {
    group: 'account',
    es: 'Entregó su parte de un sobre',
    en: 'Released their part of an envelope',
  },
  'envelope.refused': {
    group: 'account',
    es: 'Rechazó abrir un sobre',
    en: 'Refused to open an envelope',
  },
  'envelope.withdrawn': {
    group: 'account',
    es: 'Retiró la petición de abrir un sobre',
    en: 'Withdrew the request to open an envelope',
  },
  'envelope.opened': { group: 'account', es: 'Sobre abierto', en: 'Envelope opened' },

  'factor.add': { group: 'factor', es: 'Segundo paso agregado', en: 'Second step added' },
  'lock.rule': {
    group: 'factor',
    es: 'Regla de bloqueo de la institución cambiada',
    en: 'The institution’s rule for locks changed',
  },
  'factor.remove': { group: 'factor', es: 'Segundo paso quitado', en: 'Second step removed' },

  'invite.make': { group: 'invite', es: 'Invitación creada', en: 'Invitation made' },
  'invite.use': { group: 'invite', es: 'Invitación usada', en: 'Invitation used' },
  'invite.revoke': { group: 'invite', es: 'Invitación anulada', en: 'Invitation revoked' },

  'channel.invite': { group: 'channel', es: 'Invitación a un canal', en: 'Invited to a channel' },
  'channel.remove': { group: 'channel', es: 'Persona sacada de un canal', en: 'Removed from a channel' },
  'channel.ban': { group: 'channel', es: 'Persona excluida de un canal', en: 'Banned from a channel' },
  'channel.power': {
    group: 'channel',
    es: 'Permisos de un canal cambiados',
    en: 'Powers in a channel changed',
  },
  'channel.create': { group: 'channel', es: 'Canal creado', en: 'Channel created' },
  'channel.keys': {
    group: 'channel',
    es: 'Dio claves de lo escrito antes en un canal',
    en: 'Gave keys of what was written before in a channel',
  },
  'policy.change': { group: 'channel', es: 'Reglas de un canal cambiadas', en: 'Rules of a channel changed' },

  'case.read': { group: 'case', es: 'Abrió la ficha de un caso', en: 'Opened the file of a case' },
  'case.handover': { group: 'case', es: 'Caso entregado a otra persona', en: 'Case handed to somebody else' },

  'escalation.raise': { group: 'escalation', es: 'Llamado urgente iniciado', en: 'Urgent call raised' },
  'escalation.acknowledge': {
    group: 'escalation',
    es: 'Llamado urgente atendido',
    en: 'Urgent call answered',
  },
  'escalation.close': { group: 'escalation', es: 'Llamado urgente cerrado', en: 'Urgent call closed' },

  'export.audit': { group: 'export', es: 'Exportó la actividad', en: 'Exported the activity log' },
  'export.person': {
    group: 'export',
    es: 'Exportó los datos de una persona',
    en: 'Exported a person’s data',
  },
  'export.case': { group: 'export', es: 'Exportó un caso', en: 'Exported a case' },
  'export.directory': { group: 'export', es: 'Exportó el directorio', en: 'Exported the directory' },

  'report.filed': { group: 'report', es: 'Aviso presentado', en: 'Report filed' },
  'report.decided': { group: 'report', es: 'Aviso resuelto', en: 'Report decided' },
  'report.removed': { group: 'report', es: 'Mensaje retirado', en: 'Message removed' },
  'report.warned': { group: 'report', es: 'Advertencia enviada', en: 'Warning given' },
  'report.appeal_decided': { group: 'report', es: 'Apelación resuelta', en: 'Appeal answered' },
  'report.appealed': { group: 'report', es: 'Decisión recurrida', en: 'Decision appealed' },

  'retention.rule': {
    group: 'retention',
    es: 'Plazo de conservación cambiado',
    en: 'Retention period changed',
  },
  'retention.delete': { group: 'retention', es: 'Borrado por plazo', en: 'Deleted when the period was over' },
  'hold.place': { group: 'retention', es: 'Retención legal puesta', en: 'Legal hold placed' },
  'hold.lift': { group: 'retention', es: 'Retención legal levantada', en: 'Legal hold lifted' },
  'media.remove': { group: 'retention', es: 'Archivo retirado', en: 'File removed' },
  'media.quarantine': { group: 'retention', es: 'Archivo en cuarentena', en: 'File quarantined' },

  'list.change': { group: 'network', es: 'Lista de la red aplicada', en: 'Network list applied' },
  'roster.change': {
    group: 'network',
    es: 'Lista de personas de la institución aplicada',
    en: 'The institution’s roster applied',
  },
  'trust.alarm': { group: 'network', es: 'Alarma de confianza', en: 'Trust alarm' },
  'key.rotate': { group: 'network', es: 'Clave del servidor cambiada', en: 'Server key changed' },

  'node.start': { group: 'node', es: 'Servidor iniciado', en: 'Server started' },
  'config.apply': { group: 'node', es: 'Configuración aplicada', en: 'Configuration applied' },
  'operator.command': {
    group: 'node',
    es: 'Orden de quien administra el servidor',
    en: 'Command of the server’s operator',
  },
  'backup.made': { group: 'node', es: 'Respaldo hecho', en: 'Backup made' },
  'backup.verified': { group: 'node', es: 'Respaldo comprobado', en: 'Backup verified' },
  'restore.done': { group: 'node', es: 'Restaurado de un respaldo', en: 'Restored from a backup' },
  'audit.prune': {
    group: 'node',
    es: 'Actividad antigua borrada según el plazo',
    en: 'Old activity deleted as configured',
  },
} as const satisfies Record<string, ActWords>
export type Act = keyof typeof ACTS

export const isAct = (text: string): text is Act => Object.hasOwn(ACTS, text)
export const groupOf = (act: Act): ActGroup => ACTS[act].group
