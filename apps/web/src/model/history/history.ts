import type { OwnDatabase } from '../../lib/own-database.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import {
  ASK,
  type AskedRecord,
  aboutSchema,
  askedSchema,
  askSchema,
  BUNDLES,
  bundleSchema,
  DECLINED,
  DONE,
  type Job,
  jobsSchema,
} from './records.ts'
import type {
  DeviceAddress,
  History,
  HistoryAsk,
  HistoryAsked,
  HistoryGround,
  KeyDesk,
  RosterWord,
  SealedNote,
} from './types.ts'

const ASKED_KEY = 'history_asked'
const JOBS_KEY = 'history_jobs'
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Whoever is next in line waits so long for the one before. */
const TURN_MS = 6_000
/** What was asked and not answered is not kept for longer. */
const KEPT_MS = 7 * DAY_MS
const SAME_AGAIN_MS = 10 * 60_000
const GIVEN_PER_HOUR = 30
const MAX_JOBS = 60
const MAX_DEVICES = 24
/** Notes of devices that are not known here yet: of all, and of one person. */
const MAX_HELD = 40
const MAX_HELD_OF_ONE = 4
/** Whoever was invited from here has been let in by that. */
const INVITED_MS = 30 * DAY_MS
const MAX_INVITED = 500

/** What one thing stands in the way of giving somebody the keys of a room. */
type Verdict = 'by_itself' | 'by_tap' | 'not_yet' | 'never'

/**
 * Keys of what was written before come from colleagues' devices, never from a server. A server carries the asking and the
 * answer, and is believed in neither: who asks must be a device that its person's identity signs, of a person whose identity is
 * the one known here; by itself a device gives only to people of the own institution's signed roster.
 */
export async function createHistory(args: {
  me: string
  deviceId: string
  database: Pick<OwnDatabase, 'get' | 'put'>
  desk: KeyDesk
  ground: HistoryGround
  now?: () => number
  turnMs?: number
  /** That keys of a room were given to somebody, for the node's log of acts. */
  told?: (roomId: string, userId: string) => void
}): Promise<History> {
  const {
    me,
    deviceId,
    database,
    desk,
    ground,
    now = Date.now,
    turnMs = TURN_MS,
    told = () => undefined,
  } = args
  const read = async (key: string): Promise<unknown> =>
    (await database.get('facts', key).catch(() => undefined)) ?? {}
  const keptAsked = askedSchema.safeParse(await read(ASKED_KEY))
  const keptJobs = jobsSchema.safeParse(await read(JOBS_KEY))
  let mine: Record<string, AskedRecord> = keptAsked.success ? keptAsked.data : {}
  let { jobs, given, invited } = keptJobs.success ? keptJobs.data : jobsSchema.parse({})
  jobs = jobs.filter(({ since }) => since > now() - KEPT_MS)
  const asked = createStore<ReadonlyMap<string, HistoryAsked>>(new Map())
  const asks = createStore<readonly HistoryAsk[]>([])
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  /** Jobs that wait for a tap, as last judged. */
  const taps = new Set<string>()
  const giving = new Set<string>()
  const asking = new Set<string>()
  let rosters: ((userId: string, institution: string) => Promise<RosterWord>) | undefined
  let closed = false
  let inOrder: Promise<void> = Promise.resolve()
  /** Of devices that nobody has confirmed as far as this device knows: the lists of other servers may come after the note. */
  let held: SealedNote[] = []

  function showAsked(): void {
    const entries = Object.entries(mine).map(
      ([roomId, { state, since, from, others }]) =>
        [roomId, { state, since, people: from.length, others }] as const,
    )
    asked.set(new Map(entries))
  }
  async function keepAsked(roomId: string, record: AskedRecord): Promise<void> {
    mine = { ...mine, [roomId]: record }
    showAsked()
    await database.put('facts', ASKED_KEY, mine).catch(() => undefined)
  }
  function showAsks(): void {
    const shown = jobs.filter(({ id }) => taps.has(id))
    if (
      shown.map(({ id }) => id).join() ===
      asks
        .get()
        .map((one) => one.id)
        .join()
    )
      return
    asks.set(shown.map(({ id, roomId, userId, since }) => ({ id, roomId, userId, since })))
  }
  async function keepJobs(next: readonly Job[]): Promise<void> {
    jobs = next.slice(-MAX_JOBS)
    given = given.filter(({ at }) => at > now() - DAY_MS)
    for (const id of taps) if (!jobs.some((job) => job.id === id)) taps.delete(id)
    showAsks()
    await database.put('facts', JOBS_KEY, { jobs, given, invited })
  }

  async function helpers(roomId: string): Promise<{ own: string[]; others: string[] }> {
    const institution = ground.institutionOf(me)
    const members = (await ground.membersOf(roomId)).filter((userId) => userId !== me)
    const isOwn = (userId: string) =>
      institution !== undefined && ground.institutionOf(userId) === institution
    return { own: members.filter(isOwn), others: members.filter((userId) => !isOwn(userId)) }
  }

  async function ask(roomId: string, reach: 'own' | 'others'): Promise<void> {
    if (!ground.confirmed() || asking.has(roomId)) return
    asking.add(roomId)
    try {
      const { own, others } = await helpers(roomId)
      const inviter = ground.inviterOf(roomId)
      const near = inviter !== undefined && others.includes(inviter) ? [...own, inviter] : own
      const people = reach === 'own' ? near : [...own, ...others]
      const devices = spread(await desk.devicesOf(people)).slice(0, MAX_DEVICES)
      const id = crypto.randomUUID()
      const from = [...new Set(devices.map(({ userId }) => userId))]
      const state = devices.length === 0 ? 'nobody' : 'asked'
      // On disk before it is sent: an answer to what this device forgot would be refused.
      await keepAsked(roomId, { id, state, since: now(), others: reach === 'others', from, declined: [] })
      if (devices.length > 0)
        await desk.send(ASK, devices, { id, room_id: roomId, order: devices.map(nameOf) })
    } finally {
      asking.delete(roomId)
    }
  }

  /** What servers, identities and signed rosters say of somebody, whoever asks for them. */
  async function judgePerson(roomId: string, userId: string): Promise<Verdict> {
    if (!ground.sharesHistory(roomId)) return 'never'
    // A device that is not confirmed has nothing to say about others.
    if (!ground.confirmed()) return 'not_yet'
    if (!(await ground.vouched(roomId, userId))) return 'not_yet'
    if (!(await ground.identityHolds(roomId, userId))) return 'not_yet'
    const institution = ground.institutionOf(userId)
    const own = ground.institutionOf(me)
    if (!rosters) return 'not_yet'
    const word = institution === undefined ? 'unknown' : await rosters(userId, institution)
    if (word === 'not_member') return 'never'
    const isOwn = institution === own || invitedHere(roomId, userId)
    return word === 'member' && isOwn ? 'by_itself' : 'by_tap'
  }
  async function judge(job: Job): Promise<Verdict> {
    const { roomId, userId } = job
    const members = await ground.membersOf(roomId)
    // What other servers say of members and of devices may come after the question: it waits.
    if (!members.includes(userId) || !members.includes(me)) return 'not_yet'
    const verdict = await judgePerson(roomId, userId)
    if (verdict === 'never' || verdict === 'not_yet') return verdict
    const devices = await desk.devicesOf([userId])
    return devices.some((device) => device.deviceId === job.deviceId) ? verdict : 'not_yet'
  }
  const invitedHere = (roomId: string, userId: string): boolean =>
    invited.some((one) => one.to === recipientOf({ roomId, userId }) && one.at > now() - INVITED_MS)

  const tooOften = (job: Job): boolean =>
    given.filter(({ at }) => at > now() - HOUR_MS).length >= GIVEN_PER_HOUR ||
    given.some(({ to, at }) => to === recipientOf(job) && at > now() - SAME_AGAIN_MS)

  const drop = (id: string) => keepJobs(jobs.filter((job) => job.id !== id))

  function noteGiven(to: Pick<Job, 'roomId' | 'userId'>): void {
    given = [...given, { to: recipientOf(to), at: now() }]
    told(to.roomId, to.userId)
  }
  async function hand(job: Job): Promise<'given' | 'nothing' | 'too_large'> {
    const outcome = await desk.give(job.roomId, job.userId)
    if (outcome === 'given') noteGiven(job)
    await drop(job.id)
    return outcome
  }

  async function run(id: string): Promise<void> {
    timers.delete(id)
    const job = jobs.find((one) => one.id === id)
    if (!job || closed || giving.has(id)) return
    giving.add(id)
    try {
      const verdict = await judge(job)
      // Somebody else may have answered meanwhile.
      if (closed || !jobs.includes(job)) return
      if (verdict === 'never' || job.since <= now() - KEPT_MS) return await drop(id)
      if (verdict === 'by_itself') {
        taps.delete(id)
        if (tooOften(job)) await drop(id)
        else await hand(job)
      } else if (verdict === 'by_tap') taps.add(id)
      else taps.delete(id)
    } catch {
      // Without a network it waits; `wake` tries again.
    } finally {
      giving.delete(id)
      showAsks()
    }
  }
  function later(job: Job): void {
    if (closed || timers.has(job.id)) return
    const due = job.since + job.turn * turnMs - now()
    timers.set(
      job.id,
      setTimeout(() => void run(job.id), Math.max(0, due)),
    )
  }

  async function onAsk(note: SealedNote): Promise<void> {
    const parsed = askSchema.safeParse(note.content)
    if (!parsed.success || note.sender === me) return
    const sender = await desk.senderOf(note)
    if (!sender) return hold(note)
    const { id, room_id: roomId, order } = parsed.data
    if (jobs.some((job) => job.id === id)) return
    const turn = Math.max(0, order.indexOf(nameOf({ userId: me, deviceId })))
    const job: Job = { id, roomId, ...sender, since: now(), turn }
    // One question of a device about a room is enough: the newest.
    const rest = jobs.filter(
      (one) => one.deviceId !== sender.deviceId || recipientOf(one) !== recipientOf(job),
    )
    await keepJobs([...rest, job])
    later(job)
  }

  async function onDone(note: SealedNote): Promise<void> {
    const parsed = aboutSchema.safeParse(note.content)
    if (!parsed.success) return
    const job = jobs.find(({ id, userId }) => id === parsed.data.id && userId === note.sender)
    if (job) await drop(job.id)
  }

  async function onDeclined(note: SealedNote): Promise<void> {
    const parsed = aboutSchema.safeParse(note.content)
    const found = Object.entries(mine).find(([, record]) => parsed.success && record.id === parsed.data.id)
    if (!found?.[1].from.includes(note.sender)) return
    if (!(await desk.senderOf(note))) return hold(note)
    const [roomId, record] = found
    const declined = [...new Set([...record.declined, note.sender])]
    const all = record.from.every((userId) => declined.includes(userId))
    await keepAsked(roomId, {
      ...record,
      declined,
      state: all && record.state === 'asked' ? 'declined' : record.state,
    })
  }

  async function onBundle(note: SealedNote): Promise<void> {
    const parsed = bundleSchema.safeParse(note.content)
    const record = parsed.success ? mine[parsed.data.room_id] : undefined
    // What nobody here asked for is not taken: a stranger's keys would speak for others.
    if (!parsed.success || !record?.from.includes(note.sender)) return
    if (record.state === 'came') return
    if (!(await desk.senderOf(note))) return hold(note)
    const { room_id: roomId } = parsed.data
    if (!(await ground.identityHolds(roomId, note.sender))) return
    if (!(await desk.take(roomId, note.sender))) return
    await keepAsked(roomId, { ...record, state: 'came' })
    const rest = await desk.devicesOf(record.from)
    await desk.send(DONE, rest.slice(0, MAX_DEVICES), { id: record.id })
  }

  function hold(note: SealedNote): void {
    const same = held.filter(({ sender }) => sender === note.sender)
    if (same.length >= MAX_HELD_OF_ONE) held = held.filter((one) => one !== same[0])
    held = [...held, note].slice(-MAX_HELD)
  }

  function onNote(note: SealedNote): void {
    const handle =
      note.type === ASK
        ? onAsk
        : note.type === DONE
          ? onDone
          : note.type === DECLINED
            ? onDeclined
            : BUNDLES.includes(note.type)
              ? onBundle
              : undefined
    // One after the other: “done” that came with the question must find it.
    if (handle) inOrder = inOrder.then(() => handle(note)).catch(() => undefined)
  }
  const stop = desk.onNote(onNote)
  const again = coalesce(() => {
    for (const note of held.splice(0)) onNote(note)
    for (const job of jobs) later(job)
  }, 500)
  showAsked()
  again()

  return {
    asked,
    asks,
    helpers,
    ownDevices: async () =>
      (await desk.devicesOf([me])).filter((device) => device.deviceId !== deviceId).length,
    shares: ground.sharesHistory,
    ask,
    async askQuietly(roomId) {
      const record = mine[roomId]
      // Where nobody had a device that could answer, somebody may have one soon.
      const pause = record?.state === 'nobody' ? SAME_AGAIN_MS : DAY_MS
      if (record && record.since > now() - pause) return
      if ((await helpers(roomId)).own.length > 0 || ground.inviterOf(roomId) !== undefined)
        await ask(roomId, 'own')
    },
    async shareWithInvited(roomId, userId) {
      if (!ground.sharesHistory(roomId)) return 'not_shared'
      // Before anything is sent: their device may be made later, and asks this one then.
      invited = [
        ...invited.filter(({ at }) => at > now() - INVITED_MS),
        { to: recipientOf({ roomId, userId }), at: now() },
      ].slice(-MAX_INVITED)
      await keepJobs(jobs)
      const verdict = await judgePerson(roomId, userId)
      if (verdict === 'never' || verdict === 'not_yet') return 'not_now'
      const outcome = await desk.give(roomId, userId)
      if (outcome === 'given') {
        noteGiven({ roomId, userId })
        await keepJobs(jobs)
      }
      return outcome
    },
    async give(id) {
      const job = jobs.find((one) => one.id === id)
      if (!job || giving.has(id)) return 'not_now'
      giving.add(id)
      try {
        const verdict = await judge(job)
        if (verdict === 'never') await drop(id)
        if (verdict === 'never' || verdict === 'not_yet' || tooOften(job)) return 'not_now'
        return await hand(job)
      } finally {
        giving.delete(id)
      }
    },
    async decline(id) {
      const job = jobs.find((one) => one.id === id)
      if (!job) return
      await desk
        .send(DECLINED, [{ userId: job.userId, deviceId: job.deviceId }], { id })
        .catch(() => undefined)
      await drop(id)
    },
    readRosters(check) {
      rosters = check
      again()
    },
    wake: again,
    close() {
      closed = true
      stop()
      again.cancel()
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

const nameOf = ({ userId, deviceId }: DeviceAddress) => `${userId}|${deviceId}`
const recipientOf = ({ roomId, userId }: Pick<Job, 'roomId' | 'userId'>) => `${roomId}|${userId}`

/** One device of everybody before anybody's second; otherwise by chance, so that it is not always the same who answer. */
function spread(devices: readonly DeviceAddress[]): DeviceAddress[] {
  const rounds = new Map<string, number>()
  return devices
    .map((device) => ({ device, dice: Math.random() }))
    .sort((a, b) => a.dice - b.dice)
    .map(({ device }) => {
      const round = rounds.get(device.userId) ?? 0
      rounds.set(device.userId, round + 1)
      return { device, round }
    })
    .sort((a, b) => a.round - b.round)
    .map(({ device }) => device)
}
