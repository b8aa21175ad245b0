/** Duty of this node's institutions: their books, kept by coordinators and officials, and what others ask of them. */
import { randomUUID } from 'node:crypto'
import { localDate } from '@enlace/coordination'
import {
  calendarOfYear,
  type DutyMatter,
  type DutySource,
  dutyGaps,
  dutyHeldBy,
  dutyOfPerson,
  dutySpans,
  emptyDutyBook,
  onDutyFor,
  passDutyOn,
  publishedDuty,
  swapAfter,
  swapRefusal,
  yearToConfirm,
} from '@enlace/coordination/duty'
import type { Context } from '../context.ts'
import { invalidParam, notFound, policyRefusal } from '../errors.ts'
import { createAnnouncements } from './announce.ts'
import { createBooks } from './books.ts'
import { createConversations } from './conversations.ts'
import { createFeeds } from './feeds.ts'
import { rosterOf, withRoster } from './legacy-roster.ts'
import { createDutyMembers, filterAsync } from './members.ts'
import { openDutyModels } from './models.ts'
import { createPartnersDuty } from './network.ts'
import { positionsNow } from './now.ts'
import { withoutOverdue } from './overdue-contacts.ts'
import { createPublication } from './publication.ts'
import type { Duty, DutyPage, KnownDuty } from './types.ts'
import { createWatch } from './watch.ts'

const GAPS_AHEAD_MS = 14 * 86_400_000
const HAND_OVERS_MS = 14 * 86_400_000
const MAX_HAND_OVERS = 50

export async function createDuty(ctx: Context): Promise<Duty> {
  const { clock } = ctx
  const models = await openDutyModels(ctx.db)
  const members = createDutyMembers(ctx)
  const books = createBooks(models, clock)
  const announcements = createAnnouncements(ctx, members.countryOf)
  const partners = createPartnersDuty(ctx, models)
  const publication = createPublication(ctx, books)
  const feeds = createFeeds({
    models,
    clock,
    members,
    source: sourceOf,
  })
  const watch = createWatch(ctx, {
    members,
    source: sourceOf,
    tell: announcements.tell,
    look: publication.changed,
  })
  books.onChange(async (change) => {
    // The registry may take a while: nobody waits for it.
    void publication.changed(change.institution)
    await announcements
      .changed(change)
      .catch((error: unknown) => ctx.log.warn({ err: error }, 'a change of duty could not be told'))
  })

  async function sourceOf(institution: string): Promise<DutySource> {
    return { book: (await books.read(institution)).book, country: members.countryOf(institution) }
  }

  async function onDuty(institution: string, now: number, matter: DutyMatter = {}) {
    const { source, left } = await withoutOverdue(ctx, institution, await sourceOf(institution), now)
    if (left.length > 0)
      ctx.log.warn(
        { institution, positions: left },
        'positions on duty are not called: nobody has confirmed their contacts for half a year',
      )
    // Who has left the institution is asked out only where the book names them: most of the time nobody has.
    const named = onDutyFor(source, matter, now)
    if (!named) return undefined
    const belongs = new Set(await filterAsync(named.people, members.belongs(institution)))
    if (belongs.size === named.people.length) return belongs
    const everybody = new Set(await filterAsync(peopleIn(source), members.belongs(institution)))
    const found = onDutyFor(source, matter, now, (one) => everybody.has(one))
    return found && new Set(found.people)
  }

  async function nameOf(userId: string): Promise<string | undefined> {
    const profile = await ctx.profiles.get(userId).catch(() => undefined)
    return typeof profile?.['displayname'] === 'string' ? profile['displayname'] : undefined
  }

  /** Whom a call would find only by chance: told while there is time to change it. */
  async function onlyHere(institution: string, people: Iterable<string>): Promise<string[]> {
    const all = new Set(people)
    for (const { userId, role } of await members.of(institution)) if (role === 'official') all.add(userId)
    return ctx.alerts.onlyHere([...all].sort())
  }

  const duty: Duty = {
    async roster(userId) {
      const { institution, keeps } = await members.colleague(userId)
      const now = clock.now()
      const { book, updated_by, updated_ts } = await books.read(institution)
      const roster = rosterOf(book)
      const named = [...roster.shifts.filter(({ to_ts }) => to_ts > now), ...roster.weekly]
      return {
        institution,
        ...roster,
        on_duty: [...((await onDuty(institution, now)) ?? [])],
        ...(keeps
          ? {
              only_here: await onlyHere(
                institution,
                named.map((one) => one.user_id),
              ),
            }
          : {}),
        ...(updated_by === '' ? {} : { updated_by, updated_ts }),
      }
    },

    async putRoster(userId, wanted) {
      const { institution } = await members.keeper(userId)
      await members.check(
        institution,
        [...wanted.shifts, ...wanted.weekly].map((one) => one.user_id),
      )
      await books.change(institution, userId, undefined, (book) => withRoster(book, wanted))
    },

    heldBy: async (institution, userId) =>
      dutyHeldBy((await books.read(institution)).book, userId, clock.now()),
    async passOn(institution, userId, to, by) {
      const { book } = await books.read(institution)
      if (passDutyOn(book, userId, to, clock.now()) === book) return
      await members.check(institution, [to])
      await books.change(institution, by, undefined, (now) => passDutyOn(now, userId, to, clock.now()))
    },

    onDuty,
    async onDutyInRoom(institution, now, roomId) {
      const channel = await ctx.channels.recognise(roomId)
      const matter = channel.recognised ? { topic: channel.topic, corridor: channel.corridor } : {}
      return onDuty(institution, now, matter)
    },

    async gaps(institution, from, to) {
      const source = await sourceOf(institution)
      if (source.book.positions.length === 0) return []
      const usable = new Set((await members.of(institution)).map((one) => one.userId))
      return dutyGaps(source, from, to, (one) => usable.has(one))
    },

    async page(userId, from, to): Promise<DutyPage> {
      const { institution, country, keeps } = await members.colleague(userId)
      await announcements.seen(userId)
      const now = clock.now()
      const { book, revision, updated_by, updated_ts } = await books.read(institution)
      const source = { book, country }
      const colleagues = await members.of(institution)
      const usable = new Set(colleagues.map((one) => one.userId))
      const unreachable = new Set(keeps ? await ctx.alerts.onlyHere([...usable].sort()) : [])
      const { swaps, ...plan } = book
      const year = Number(localDate(now).slice(0, 4))
      const confirm = keeps ? yearToConfirm(book.calendar, localDate(now)) : undefined
      const names = new Map<string, string>()
      for (const one of [...new Set([...usable, ...peopleIn(source)])])
        names.set(one, (await nameOf(one)) ?? one)
      return {
        institution,
        country,
        now_ts: now,
        revision,
        keeps,
        book: plan,
        // Others' swaps are for those who keep the book.
        swaps: swaps.filter((one) => keeps || one.giver === userId || one.taker === userId),
        people: colleagues.map(({ userId: user_id, role }) => ({
          user_id,
          name: names.get(user_id)!,
          ...(role === undefined ? {} : { role }),
          ...(keeps ? { reachable: !unreachable.has(user_id) } : {}),
        })),
        spans: book.positions.flatMap(({ key }) =>
          dutySpans(source, key, from, to).map((span) => ({ position: key, ...span })),
        ),
        gaps: dutyGaps(source, Math.max(from, now), Math.max(to, now + GAPS_AHEAD_MS), (one) =>
          usable.has(one),
        ),
        now: await positionsNow(source, now, {
          usable: async (one) => usable.has(one),
          name: async (one) => names.get(one),
        }),
        calendar: [year, year + 1].flatMap((one) => calendarOfYear(country, book.calendar, one)),
        ...(confirm === undefined ? {} : { confirm_year: confirm }),
        hand_overs: await recentHandOvers(institution, now),
        ...(keeps ? { ending: await watch.ending(institution) } : {}),
        publication: await publication.state(institution, revision),
        ...(updated_by === '' ? {} : { updated_by, updated_ts }),
      }
    },

    async putPlan(userId, revision, plan) {
      const { institution } = await members.keeper(userId)
      const named = [...plan.turns, ...plan.overrides].flatMap(({ user_id }) => user_id ?? [])
      const before = new Set(peopleIn({ book: (await books.read(institution)).book, country: '' }))
      // Whoever has left since stands in the book until a coordinator takes them out, and may not be added.
      await members.check(
        institution,
        named.filter((one) => !before.has(one)),
      )
      await books.change(institution, userId, revision, (book) => ({
        ...book,
        ...plan,
        swaps: book.swaps.filter(({ position }) => plan.positions.some(({ key }) => key === position)),
      }))
    },

    async putCalendar(userId, revision, { feasts, worked }) {
      const { institution } = await members.keeper(userId)
      await books.change(institution, userId, revision, (book) => ({
        ...book,
        calendar: { ...book.calendar, feasts, worked },
      }))
    },

    async confirmYear(userId, year) {
      const { institution } = await members.keeper(userId)
      const ts = clock.now()
      await books.change(institution, userId, undefined, (book) => ({
        ...book,
        calendar: {
          ...book.calendar,
          confirmed: [
            ...book.calendar.confirmed.filter((one) => one.year !== year).slice(-40),
            { year, by: userId, ts },
          ],
        },
      }))
    },

    async askSwap(userId, { position, taker, from_ts, to_ts, back }) {
      const { institution } = await members.colleague(userId)
      await members.check(institution, [taker])
      const source = await sourceOf(institution)
      if (to_ts <= clock.now()) throw swapFaults.over()
      const holds = (who: string, span: { from_ts: number; to_ts: number }) =>
        dutyOfPerson(source, position, who, span.from_ts, span.to_ts).length > 0
      if (!holds(userId, { from_ts, to_ts }) || (back && !holds(taker, back))) throw swapFaults.notOnDuty()
      const id = randomUUID()
      await books.change(institution, userId, undefined, (book) => ({
        ...book,
        swaps: [
          ...book.swaps,
          {
            id,
            position,
            giver: userId,
            taker,
            from_ts,
            to_ts,
            ...(back ? { back } : {}),
            state: 'asked',
            asked_ts: clock.now(),
          },
        ],
      }))
      return { id }
    },

    async answerSwap(userId, id, action) {
      const { institution, keeps } = await members.colleague(userId)
      await books.change(institution, userId, undefined, (book) => {
        const swap = book.swaps.find((one) => one.id === id)
        const party = swap && (keeps || swap.giver === userId || swap.taker === userId)
        if (!swap || !party) throw notFound('No existe ese cambio de turno. / There is no such swap.')
        const refusal = swapRefusal(swap, action, { userId, keeps }, clock.now())
        if (refusal) throw swapFaults[refusal]()
        const next = swapAfter(swap, action, userId, clock.now())
        // Accepted ones go last: each sees what those before it made.
        return { ...book, swaps: [...book.swaps.filter((one) => one.id !== id), next] }
      })
    },

    async handOver(userId, position, items) {
      const { institution } = await members.colleague(userId)
      const { book } = await books.read(institution)
      if (!book.positions.some(({ key }) => key === position))
        throw notFound('No existe ese puesto. / There is no such position.')
      for (const { case_id } of items)
        if (!ctx.cases.row(case_id)) throw notFound('No existe ese caso. / There is no such case.')
      const ts = clock.now()
      await models.HandOver.create({ _id: randomUUID(), institution, position, by: userId, ts, items })
      const source = { book, country: members.countryOf(institution) }
      const spans = dutySpans(source, position, ts, ts + 2 * 86_400_000)
      const next = new Set(spans.flatMap(({ people }) => people))
      next.delete(userId)
      for (const one of next) await announcements.tell(one, `hand-over|${ts}`)
    },

    async now(userId, institution, { position, matter }) {
      await members.colleague(userId)
      const name = ctx.directory.institution(institution)?.name
      const known = ctx.federation.institution(institution)
      if (name === undefined && !known)
        throw notFound(
          'El directorio no conoce esa institución. / The directory does not know the institution.',
        )
      const found = await bookOf(institution)
      const country = members.countryOf(institution)
      const own = (await ctx.policy.memberOf(userId)).institution?.key === institution
      const now = clock.now()
      const book = own ? found.book : publishedDuty(found.book, now)
      const positions = await positionsNow({ book, country }, now, {
        usable: members.belongs(institution),
        name: nameOf,
        ...(matter === undefined ? {} : { matter }),
        ...(position === undefined ? {} : { position }),
      })
      return {
        institution,
        name: name ?? institution,
        now_ts: now,
        source: found.source,
        away: found.away,
        ...(found.asOf === undefined ? {} : { as_of_ts: found.asOf }),
        positions,
      }
    },

    async told(institution) {
      if (!isOurs(institution))
        throw notFound(
          'Este servidor no aloja esa institución. / This server does not host that institution.',
        )
      const { book, revision } = await books.read(institution)
      return { institution, revision, book: publishedDuty(book, clock.now()) }
    },

    async publicKey(userId, institution) {
      const own = await members.keeper(userId)
      if (own.institution !== institution || !isOurs(institution))
        throw notFound(
          'Este servidor no lleva los turnos de esa institución. / This server keeps no duty of that institution.',
        )
      return publication.publicKey(institution)
    },

    write: (userId, institution, position) => conversations.write(userId, institution, position),
    feeds,
    look: () => watch.look(),
    close: () => watch.close(),
  }
  const conversations = createConversations(ctx, { models, now: duty.now })

  const isOurs = (institution: string) => ctx.federation.hosts(ctx.serverName, institution)

  async function bookOf(institution: string): Promise<KnownDuty> {
    const elsewhere = partners.serverOf(institution)
    if (elsewhere === undefined) return { source: 'none', book: emptyDutyBook, revision: 0, away: false }
    if (elsewhere === ctx.serverName) {
      const { book, revision } = await books.read(institution)
      return { source: 'own', book, revision, away: false }
    }
    return partners.bookOf(institution, elsewhere)
  }

  async function recentHandOvers(institution: string, now: number): Promise<DutyPage['hand_overs']> {
    // Served by {institution, ts}.
    const docs = await models.HandOver.find({ institution, ts: { $gt: now - HAND_OVERS_MS } })
      .sort({ ts: -1 })
      .limit(MAX_HAND_OVERS)
      .lean()
    return docs.map(({ position, by, ts, items }) => ({
      position,
      by,
      ts,
      items: items.map((one) => {
        const reference = ctx.cases.row(one.case_id)?.reference
        return { ...one, ...(reference === undefined ? {} : { reference }) }
      }),
    }))
  }

  watch.start()
  return duty
}

function peopleIn({ book }: DutySource): string[] {
  const people = new Set<string>()
  for (const { user_id } of [...book.turns, ...book.overrides]) if (user_id !== undefined) people.add(user_id)
  for (const { giver, taker } of book.swaps) people.add(giver).add(taker)
  return [...people]
}

const swapFaults = {
  not_yours: () =>
    policyRefusal('duty.swap_not_yours', '', {
      es: 'Ese paso le toca a la otra persona del cambio. Espere su respuesta o hable con ella.',
      en: 'That step is for the other person of the swap. Wait for their answer, or talk to them.',
    }),
  not_open: () =>
    policyRefusal('duty.swap_not_open', '', {
      es: 'Ese cambio de turno ya fue respondido o retirado. Actualice la página.',
      en: 'That swap was answered or withdrawn already. Refresh the page.',
    }),
  over: () =>
    policyRefusal('duty.swap_over', '', {
      es: 'Ese turno ya terminó: no se puede cambiar.',
      en: 'That shift is over: it cannot be swapped.',
    }),
  notOnDuty: () =>
    invalidParam(
      'A esas horas esa persona no está de turno en ese puesto: no hay nada que cambiar. / At that time this person is not on duty there: there is nothing to swap.',
    ),
}
