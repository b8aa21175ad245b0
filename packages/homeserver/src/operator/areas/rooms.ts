/** Rooms as the node keeps them: no names, no content, what an operator needs to find a fault. */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { notFound } from '../../errors.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const room = z.string().startsWith('!').max(255)
const ROOM = ['room'] as const
/** More ends than this make every message slower to send. */
const MANY_ENDS = 10

export const roomsArea: Area = {
  name: 'rooms',
  describe: { es: 'Canales y salas, sin contenido', en: 'Channels and rooms, without content' },
  main: 'list',
  commands: [
    command({
      name: 'list',
      describe: {
        es: 'Las salas de este nodo; --empty: donde ya no hay nadie de aquí',
        en: 'The rooms of this node; --empty: where nobody of here is any more',
      },
      where: 'node',
      reads: true,
      options: {
        empty: {
          es: 'solo donde ya no hay nadie de este nodo',
          en: 'only where nobody of this node is any more',
        },
        limit: { es: 'cuántas (200)', en: 'how many (200)' },
      },
      input: z.strictObject({
        empty: z.boolean().optional(),
        limit: z.coerce.number().int().min(1).max(10_000).default(200),
      }),
      async run(ctx, input) {
        const rooms = []
        for await (const some of ctx.rooms.allRooms()) {
          for (const roomId of some) {
            const found = await brief(ctx, roomId)
            if (!found || (input.empty && found.here > 0)) continue
            rooms.push(found)
            if (rooms.length >= input.limit) return { rooms, more: true }
          }
        }
        return { rooms }
      },
    }),
    command({
      name: 'show',
      describe: {
        es: 'Una sala: versión, miembros por servidor, extremos, y qué hacer si algo no está bien',
        en: 'One room: version, members by server, ends, and what to do if something is wrong',
      },
      where: 'node',
      reads: true,
      positionals: ROOM,
      input: z.strictObject({ room }),
      async run(ctx, input) {
        const found = await known(ctx, input.room)
        const hints = await hintsFor(ctx, input.room)
        return {
          ...found,
          extremities: (await ctx.rooms.room(input.room))?.extremities ?? [],
          hints,
          problems: hints.length,
        }
      },
      show(answer, lang) {
        const { hints, problems: _problems, ...facts } = answer
        return [
          ...Object.entries(facts).map(
            ([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
          ),
          ...(hints as BilingualText[]).map((hint) => `! ${hint[lang]}`),
        ].join('\n')
      },
    }),
    command({
      name: 'members',
      describe: { es: 'Quién está en la sala', en: 'Who is in the room' },
      where: 'node',
      reads: true,
      positionals: ROOM,
      input: z.strictObject({ room }),
      async run(ctx, input) {
        await known(ctx, input.room)
        const members = []
        for (const membership of ['join', 'invite', 'knock', 'ban'] as const)
          for (const user of await ctx.rooms.members(input.room, membership))
            members.push({ user, membership })
        return { members }
      },
    }),
    command({
      name: 'extremities',
      describe: {
        es: 'Los extremos del historial: muchos, o uno que no está, son una falla',
        en: 'The ends of the history: many of them, or one that is missing, are a fault',
      },
      where: 'node',
      reads: true,
      positionals: ROOM,
      input: z.strictObject({ room }),
      async run(ctx, input) {
        await known(ctx, input.room)
        const ids = (await ctx.rooms.room(input.room))?.extremities ?? []
        const events = new Map((await ctx.rooms.events(ids)).map((event) => [event.eventId, event]))
        return {
          extremities: ids.map((event_id) => {
            const event = events.get(event_id)
            return {
              event_id,
              depth: event?.pdu.depth ?? null,
              sender: event?.pdu.sender ?? null,
              sent: event ? new Date(event.pdu.origin_server_ts).toISOString() : null,
            }
          }),
          problems: (await hintsFor(ctx, input.room)).length,
        }
      },
    }),
    command({
      name: 'delete',
      describe: {
        es: 'Borra lo que queda aquí de una sala en la que ya no hay nadie de este nodo',
        en: 'Deletes what is left here of a room in which nobody of this node is any more',
      },
      where: 'node',
      positionals: ROOM,
      confirm: {
        es: 'El historial de esta sala en este nodo se borra para siempre; los demás servidores conservan el suyo. ¿Seguir?',
        en: 'The history of this room on this node is deleted for good; the other servers keep theirs. Go on?',
      },
      input: z.strictObject({ room }),
      run: async (ctx, input) => ({ room: input.room, ...(await ctx.rooms.dropRoom(input.room)) }),
    }),
  ],
}

async function brief(ctx: Context, roomId: string) {
  const record = await ctx.rooms.room(roomId)
  if (!record) return undefined
  const joined = await ctx.rooms.members(roomId, 'join')
  return {
    room: roomId,
    version: record.version.id,
    members: joined.length,
    here: joined.filter((userId) => ctx.accounts.isLocal(userId)).length,
    servers: (await ctx.rooms.joinedServers(roomId)).length,
    ends: record.extremities.length,
  }
}

async function known(ctx: Context, roomId: string) {
  const found = await brief(ctx, roomId)
  if (!found) throw notFound(`Este nodo no conoce ${roomId}. / This node does not know ${roomId}.`)
  return found
}

async function hintsFor(ctx: Context, roomId: string): Promise<BilingualText[]> {
  const record = await ctx.rooms.room(roomId)
  const ids = record?.extremities ?? []
  const here = await ctx.rooms.events(ids)
  const hints: BilingualText[] = []
  if (here.length < ids.length)
    hints.push({
      es: 'Un extremo del historial no está en la base de datos. Detenga el nodo y restaure el último respaldo comprobado; antes, guarde esta salida.',
      en: 'An end of the history is not in the database. Stop the node and restore the last verified backup; keep this output first.',
    })
  if (ids.length > MANY_ENDS)
    hints.push({
      es: `El historial tiene ${ids.length} extremos. Pida a alguien de aquí que envíe un mensaje en la sala: los une. Si vuelven a crecer, un servidor de la sala no recibe lo que los demás envían; vea "enlace list partners".`,
      en: `The history has ${ids.length} ends. Ask somebody of here to send a message in the room: that joins them. If they grow again, a server of the room does not get what the others send; see "enlace list partners".`,
    })
  const unreachable = record
    ? (await ctx.federation.delivery(roomId)).filter(
        ({ unreachableSinceTs }) => unreachableSinceTs !== undefined,
      )
    : []
  for (const { serverName, pending } of unreachable)
    hints.push({
      es: `${serverName} no contesta y le faltan ${pending.length} mensajes de esta sala. Llegan solos cuando vuelva; pregunte a quien lo administra.`,
      en: `${serverName} does not answer and lacks ${pending.length} messages of this room. They arrive by themselves when it is back; ask its operator.`,
    })
  return hints
}
