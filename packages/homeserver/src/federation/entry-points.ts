/**
 * The table of everything that passes between servers, and what each means in the sentence of a refusal. A route for servers
 * and a request to one cannot be written without naming theirs; the federation list is asked before anything is read or sent.
 *
 * | entry point             | inward                                   | outward                                    |
 * | ----------------------- | ---------------------------------------- | ------------------------------------------ |
 * | send                    | transactions                             | the outbox                                 |
 * | edu, to-device          | each notice of a transaction             | not kept for who is cut off                |
 * | join, leave, knock      | make_*, send_*                           | the same, server by server                 |
 * | invite                  | /invite                                  | /invite, and inviting somebody there       |
 * | backfill, state         | history and state of rooms               | the same, also to fill a gap               |
 * | keys                    | what it says of its or others’ keys      | its keys, and asking it for others’        |
 * | devices                 | device lists, key queries and claims     | the same                                   |
 * | profile, directory      | profiles; aliases, room lists, spaces    | the same                                   |
 * | media                   | files, and that one is removed           | files                                      |
 * | retention               | what it has deleted, and which devices   | the same                                   |
 * | duty                    | who is on duty at its institutions       | the same                                   |
 * | restored                | that it was restored from a backup       | the same                                   |
 * | suggestion              | what to correct in an entry              | the same, and what became of it            |
 * | trust, version          | what it was told of the list             | the same; what software it is              |
 * | report                  | of what its people saw; who reads those  | the same, and what became of one           |
 * | audit                   | the end of its audit log, countersigned  | the end of ours                            |
 * | member                  | whether its people are vouched for       |                                            |
 * | relayed                 | its people’s events, whoever brings them |                                            |
 */
import type { BilingualText } from '@enlace/directory/text'
import type { FederationEntryPoint } from './types.ts'

export const ENTRY_POINTS: Record<FederationEntryPoint, BilingualText> = {
  join: { es: 'no entra en salas de ese servidor', en: 'joins no rooms of that server' },
  invite: {
    es: 'no intercambia invitaciones con ese servidor',
    en: 'exchanges no invitations with that server',
  },
  leave: { es: 'no sale de salas por ese servidor', en: 'leaves no rooms through that server' },
  knock: { es: 'no pide entrar en salas de ese servidor', en: 'knocks on no rooms of that server' },
  send: { es: 'no intercambia mensajes con ese servidor', en: 'exchanges no messages with that server' },
  backfill: { es: 'no intercambia historial con ese servidor', en: 'exchanges no history with that server' },
  state: {
    es: 'no intercambia el estado de salas con ese servidor',
    en: 'exchanges no room state with that server',
  },
  keys: {
    es: 'no intercambia claves de firma con ese servidor',
    en: 'exchanges no signing keys with that server',
  },
  devices: {
    es: 'no intercambia dispositivos ni sus claves con ese servidor',
    en: 'exchanges no devices or their keys with that server',
  },
  profile: { es: 'no intercambia perfiles con ese servidor', en: 'exchanges no profiles with that server' },
  directory: {
    es: 'no intercambia nombres ni listas de salas con ese servidor',
    en: 'exchanges no names or lists of rooms with that server',
  },
  trust: {
    es: 'no compara la lista de la red con ese servidor',
    en: 'does not compare the network’s list with that server',
  },
  version: { es: 'no se comunica con ese servidor', en: 'does not talk to that server' },
  'to-device': {
    es: 'no intercambia mensajes de dispositivo con ese servidor',
    en: 'exchanges no device messages with that server',
  },
  media: { es: 'no intercambia archivos con ese servidor', en: 'exchanges no files with that server' },
  edu: { es: 'no intercambia avisos con ese servidor', en: 'exchanges no notices with that server' },
  member: {
    es: 'no da fe de personas de ese servidor',
    en: 'does not vouch for people of that server',
  },
  relayed: {
    es: 'no toma de otros lo que viene de ese servidor',
    en: 'takes nothing of that server from others',
  },
  suggestion: {
    es: 'no intercambia sugerencias del directorio con ese servidor',
    en: 'exchanges no suggestions about the directory with that server',
  },
  retention: {
    es: 'no intercambia comprobantes de borrado con ese servidor',
    en: 'exchanges no receipts of deletion with that server',
  },
  report: {
    es: 'no intercambia avisos sobre mensajes con ese servidor',
    en: 'exchanges no reports of messages with that server',
  },
  audit: {
    es: 'no intercambia firmas del registro de actividad con ese servidor',
    en: 'exchanges no signatures of activity logs with that server',
  },
  duty: {
    es: 'no intercambia turnos con ese servidor',
    en: 'exchanges no duty rosters with that server',
  },
  restored: {
    es: 'no recupera con ese servidor lo perdido en una máquina',
    en: 'recovers nothing lost with a machine together with that server',
  },
}

export const federationEntryPoints = Object.keys(ENTRY_POINTS) as FederationEntryPoint[]
