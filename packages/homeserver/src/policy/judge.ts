/** Whether a person may be in a room, by the federation list, the account and the room's topic policy. Pure but for the list. */
import { admissionUnder, isOutsideConversation } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { MatrixError, policyRefusal } from '../errors.ts'
import type { Standing, Verdict } from './types.ts'

type Unvouched = Extract<Verdict, { vouched: false }>

/**
 * @param content that of the room's topic policy; undefined where it has none
 * @param owner whom to ask where the policy says nobody
 * @param conversation content by which it says that it is a conversation between people of the network: who is of no institution has
 * no place in it
 */
export function judge(
  ctx: Pick<Context, 'federation' | 'federationList' | 'serverName'>,
  userId: string,
  standing: Standing,
  content: unknown,
  owner: string,
  conversation?: unknown,
): Verdict {
  const server = serverNameOf(userId) ?? ''
  const unlisted = server === ctx.serverName ? undefined : byList(ctx, server)
  if (unlisted) return unlisted
  const local = server === ctx.serverName
  const isConversation = conversation !== undefined
  if (content === undefined && !local && !isConversation) return { vouched: true }
  if (!standing.known)
    return {
      vouched: false,
      rule: 'topic-policy.unconfirmed',
      reason: standing.why ?? {
        es: `Todavía no se pudo confirmar con el servidor ${server} a qué institución pertenece ${userId}. Se vuelve a preguntar en unos minutos.`,
        en: `It could not be confirmed with the server ${server} yet which institution ${userId} belongs to. It is asked again within minutes.`,
      },
      contact: owner,
      weight: 'waits',
    }
  if (!standing.exists)
    return {
      vouched: false,
      rule: 'topic-policy.account',
      reason: {
        es: `El servidor ${server} dice que la cuenta ${userId} no existe o está cerrada. Avise a la coordinación del canal.`,
        en: `The server ${server} says that the account ${userId} does not exist or is closed. Tell the channel’s coordination.`,
      },
      contact: owner,
      weight: 'removes',
    }
  if (isConversation && content === undefined) {
    if (isOutsideConversation(conversation, userId)) return third(userId)
    return standing.member.institution ? { vouched: true } : outsider(userId)
  }
  const verdict = admissionUnder(content, standing.member)
  if (verdict.admitted) return { vouched: true }
  const { whom } = verdict
  const nobody = ctx.federationList.byRosters && !standing.member.institution
  return {
    vouched: false,
    rule: `topic-policy.${verdict.rule}`,
    reason: nobody ? notOnRoster(userId, server) : verdict.message,
    contact: whom?.user_id ?? whom?.institution ?? whom?.text.es ?? owner,
    // A policy that cannot be read lets nobody in, but whoever spoils it must not empty the channel with that.
    weight: verdict.rule === 'policy' ? 'refuses' : 'removes',
  }
}

const notOnRoster = (userId: string, server: string) => ({
  es: `${userId} no figura en la lista firmada de quienes hablan por una institución de ${server}. La coordinación de su institución puede agregar la cuenta en la página de la institución.`,
  en: `${userId} is not on the signed roster of those who speak for an institution of ${server}. The coordination of their institution can add the account on the institution’s page.`,
})

const outsider = (userId: string): Unvouched => ({
  vouched: false,
  rule: 'topic-policy.institution',
  reason: {
    es: `${userId} no pertenece a ninguna institución de la red: no recibe lo que se escribe en esta conversación.`,
    en: `${userId} is of no institution of the network: they do not get what is written in this conversation.`,
  },
  contact: '',
  weight: 'removes',
})

const third = (userId: string): Unvouched => ({
  ...outsider(userId),
  rule: 'topic-policy.conversation',
  reason: {
    es: `Esta conversación es entre dos personas: ${userId} no recibe lo que se escribe en ella.`,
    en: `This conversation is between two people: ${userId} does not get what is written in it.`,
  },
})

/** A server that is cut off: nobody of it is vouched for. While there is no usable list nothing can be told. */
function byList(ctx: Pick<Context, 'federation'>, server: string): Unvouched | undefined {
  try {
    ctx.federation.checkServer(server, 'member')
    return undefined
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
    const rule = String(error.extra['org.enlace.rule'] ?? 'federation-list')
    const said = error.extra['org.enlace.message'] as Unvouched['reason'] | undefined
    return {
      vouched: false,
      rule,
      reason: said ?? { es: error.message, en: error.message },
      contact: String(error.extra['org.enlace.contact'] ?? ''),
      weight: rule === 'federation-list.no-list' ? 'waits' : 'removes',
    }
  }
}

export const refusalOf = ({ rule, contact, reason }: Unvouched): MatrixError =>
  policyRefusal(rule, contact, reason)
