/**
 * Who may raise a call about what, and how often: asked before a local person's call enters a room, and of a partner's
 * call at the door, once, on the room's queue. What the raising node does for itself does not pass here.
 */
import {
  type CaseContent,
  caseEventType,
  caseRow,
  type EscalationContent,
  type EscalationStage,
  escalationContentSchema,
  escalationEventType,
  localDateTime,
  nextDue,
} from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import type { Clock } from '../lib/clock.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { EscalationStore, OpenCall, Raising } from './types.ts'

const HOUR_MS = 3_600_000
/** Calls a person may raise in an hour, and all people of a server together. README, "Decisions". */
export const callsPerPersonAndHour = 6
export const callsPerServerAndHour = 60
/** Envelopes of one partner about one call, and about one case: people do not send more, and each costs a reading of all. */
const MAX_ABOUT: Readonly<Record<'call' | 'case', number>> = { call: 200, case: 1_000 }
/** Clocks of two nodes differ by this much before a time counts as not lapsed. */
const CLOCK_SLACK_MS = 5 * 60_000
/** A call that was let in a moment ago may not be in the records yet. Once it is, they say how it stands. */
const CLAIM_MS = 10_000
const CALLED_ABOUT: ReadonlySet<string> = new Set([caseEventType, 'm.room.encrypted', 'm.room.message'])

type Fault = { rule: string; message: BilingualText; openCall?: string }
type Attempt = { roomId: string; sender: string; ts: number; content: EscalationContent; local: boolean }
type Claim = { chain: readonly EscalationStage[]; ts: number; recorded: number }

export function createRaising(ctx: Context, store: EscalationStore, clock: Clock): Raising {
  const claims = growingCache<string, Claim[]>(5_000)
  const raised = growingCache<string, number[]>(10_000)
  const counted = growingCache<string, number>(10_000)

  const within = (key: string, now: number) => (raised.get(key) ?? []).filter((ts) => ts > now - HOUR_MS)
  const note = (key: string, ts: number, now: number) =>
    raised.set(key, [...within(key, now), ts].slice(-200))

  const claimed = (about: string, now: number) =>
    (claims.get(about) ?? []).filter(
      (one) => one.ts > now - CLAIM_MS && one.recorded === store.recordedAbout(about),
    )

  async function faultOf(attempt: Attempt): Promise<Fault | undefined> {
    const { roomId, sender, content, local } = attempt
    const about = content['m.relates_to'].event_id
    const target = await ctx.rooms.event(about)
    const known = target?.roomId === roomId && !target.outlier && target.verdict === 'accept'
    const isLapse = content.cause !== undefined && content.cause !== 'person'
    if (!known) {
      // A call about what was said before this node came cannot be checked; it must not be lost for that.
      if (local || (await knowsAll(roomId))) return faults.target
    } else {
      if (target.redactedBy !== undefined || !CALLED_ABOUT.has(target.pdu.type)) return faults.target
      if (local && !(await ctx.rooms.accessEvent(sender, about))) return faults.target
      if (content.reference !== undefined && content.reference !== referenceOf(target))
        return faults.reference
    }
    if (isLapse && (local || !known || !(await hasLapsed(attempt, about)))) return faults.cause
    const chain = content.chain ?? []
    const now = clock.now()
    const open = blocking(about, chain, now)
    if (open) return alreadyOpen(open)
    // A time of a case lapses once; people can be asked to wait.
    if (!isLapse) {
      const at = Math.min(attempt.ts, now)
      const hour = within(sender, at)
      if (hour.length >= callsPerPersonAndHour) return tooMany(callsPerPersonAndHour, hour[0]!)
      const server = serverNameOf(sender) ?? ''
      const all = within(server, now)
      if (all.length >= callsPerServerAndHour) return tooManyHere(all[0]!)
      note(sender, at, at)
      note(server, now, now)
    }
    const recorded = store.recordedAbout(about)
    claims.set(about, [...claimed(about, now), { chain, ts: now, recorded }])
    return undefined
  }

  async function knowsAll(roomId: string): Promise<boolean> {
    const [oldest] = await ctx.rooms.timeline(roomId, { dir: 'f', limit: 1 })
    return oldest?.pdu.type === 'm.room.create'
  }

  /** Only the node of whoever opened a case says that a time of it lapsed; once for each time, and when it is over. */
  async function hasLapsed({ sender, content, ts }: Attempt, about: string): Promise<boolean> {
    const state = await ctx.cases.state(about)
    if (!state || serverNameOf(state.openedBy) !== serverNameOf(sender)) return false
    const due = nextDue(caseRow(state))
    const what = content.cause === 'acknowledgement_lapsed' ? 'acknowledgement' : 'fulfilment'
    if (due?.what !== what || due.at > ts || due.at > clock.now() + CLOCK_SLACK_MS) return false
    const before = await store.aboutAny([about])
    return !before.some(
      ({ escalation }) => escalation.cause === content.cause && escalation.raisedAt >= due.at,
    )
  }

  /**
   * An open call that has rung everybody this one would begin with, less than one stage ago. What does not climb (its
   * node is away, or does not mean it to) holds nobody up for longer.
   */
  function blocking(
    about: string,
    chain: readonly EscalationStage[],
    now: number,
  ): OpenCall | Claim | undefined {
    const first = chain[0]
    const patience = first?.within_ms ?? HOUR_MS
    const recent = claimed(about, now).find((one) => coversFirst(one.chain.slice(0, 1), first))
    return (
      store.openCallsOn(about).find((one) => one.rungAt > now - patience && coversFirst(one.begun, first)) ??
      recent
    )
  }

  function coversFirst(begun: readonly EscalationStage[], wanted: EscalationStage | undefined): boolean {
    // Without a chain it calls all officials.
    const roles = wanted?.roles ?? ['official']
    const able = begun.filter((stage) => roles.every((role) => stage.roles.includes(role)))
    if (wanted?.institutions)
      return wanted.institutions.every((key) =>
        able.some(
          (stage) =>
            stage.institutions?.includes(key) ??
            (stage.country === undefined || stage.country === ctx.federation.institution(key)?.country),
        ),
      )
    return able.some(
      (stage) => !stage.institutions && (stage.country === undefined || stage.country === wanted?.country),
    )
  }

  function alreadyOpen(open: OpenCall | Claim): Fault {
    const since = localDateTime('rungAt' in open ? open.raisedAt : open.ts).slice(11)
    const by = 'rungAt' in open ? open.raisedBy : undefined
    return {
      rule: 'escalation.already_open',
      message: {
        es: `Ya hay un llamado abierto sobre esto, hecho a las ${since}${by ? ` por ${by}` : ''}, que avisó a las mismas personas. Sígalo en «Llamados»; si pasa su plazo sin respuesta, podrá llamar de nuevo.`,
        en: `There is an open call about this already, raised at ${since}${by ? ` by ${by}` : ''}, which alerted the same people. Follow it under “Calls”; if its time passes without an answer, you can call again.`,
      },
      ...('rungAt' in open ? { openCall: open.id } : {}),
    }
  }

  /** How many envelopes about a call or a case a partner has sent: counted once, then in memory. */
  async function tooManyAbout(kind: 'call' | 'case', roomId: string, sender: string, about: string) {
    const server = serverNameOf(sender) ?? ''
    const key = `${about}|${server}`
    const before =
      counted.get(key) ??
      (await ctx.rooms.envelopesAbout(roomId, about)).filter((one) => serverNameOf(one.pdu.sender) === server)
        .length
    if (before >= MAX_ABOUT[kind]) return true
    counted.set(key, before + 1)
    return false
  }

  return {
    async check(sender, roomId, content) {
      const fault = await faultOf({ roomId, sender, content, ts: clock.now(), local: true })
      return fault && { ...fault, contact: fault.openCall ?? '' }
    },
    async judge(roomId, { type, sender, content, origin_server_ts }) {
      if (type === escalationEventType) {
        const parsed = escalationContentSchema.safeParse(content)
        // The reducers list what is malformed.
        if (!parsed.success) return undefined
        const ts = origin_server_ts
        return (await faultOf({ roomId, sender, content: parsed.data, ts, local: false }))?.message.en
      }
      const about = (content['m.relates_to'] as { event_id?: unknown } | undefined)?.event_id
      if (typeof about !== 'string') return undefined
      const kind = type.startsWith(`${escalationEventType}.`) ? 'call' : 'case'
      return (await tooManyAbout(kind, roomId, sender, about))
        ? 'that server has sent more about this than people do'
        : undefined
    },
  }
}

const referenceOf = (target: StoredEvent): string | undefined =>
  target.pdu.type === caseEventType ? (target.pdu.content as Partial<CaseContent>).reference : undefined

const faults = {
  target: {
    rule: 'escalation.unknown_target',
    message: {
      es: 'Se llama sobre un caso o un mensaje de este canal que usted pueda ver. Ese ya no está, o nunca estuvo: ábralo de nuevo y llame desde allí.',
      en: 'A call is about a case or a message of this channel that you can see. That one is gone, or never was: open it again and call from there.',
    },
  },
  reference: {
    rule: 'escalation.wrong_reference',
    message: {
      es: 'La referencia no es la del caso sobre el que se llama. Abra el caso y llame desde allí.',
      en: 'The reference is not that of the case the call is about. Open the case and call from there.',
    },
  },
  cause: {
    rule: 'escalation.node-only',
    message: {
      es: 'Que venció un plazo lo dice el servidor por sí mismo, cuando vence; una persona llama en su propio nombre.',
      en: 'That a time has lapsed is said by the server itself, when it lapses; a person calls in their own name.',
    },
  },
} satisfies Record<string, Fault>

function tooMany(most: number, first: number): Fault {
  const again = localDateTime(first + HOUR_MS).slice(11)
  return {
    rule: 'escalation.too_many',
    message: {
      es: `Hizo ${most} llamados en una hora. Para que los llamados sigan significando urgencia no se aceptan más: podrá hacer otro a las ${again}. Si no puede esperar, llame por teléfono, o pida a otra persona de su institución que haga el llamado.`,
      en: `You raised ${most} calls within an hour. So that calls go on meaning urgency no more are taken: you can raise another at ${again}. If it cannot wait, telephone, or ask a colleague to raise the call.`,
    },
  }
}

function tooManyHere(first: number): Fault {
  const again = localDateTime(first + HOUR_MS).slice(11)
  return {
    rule: 'escalation.too_many_here',
    message: {
      es: `Desde este servidor se hicieron ${callsPerServerAndHour} llamados en una hora y los demás nodos no toman más: podrá hacer otro a las ${again}. Si no puede esperar, llame por teléfono.`,
      en: `${callsPerServerAndHour} calls were raised from this server within an hour and the other nodes take no more: you can raise another at ${again}. If it cannot wait, telephone.`,
    },
  }
}
