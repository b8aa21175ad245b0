/** Faces of duty: who of an institution is on duty, here and at partners, and what is kept on disk. */
import type {
  CalendarDay,
  DutyBook,
  DutyCalendar,
  DutyGap,
  DutyMatter,
  DutyPlan,
  DutySpan,
  DutySwap,
  DutySwapAction,
  HandOverItem,
  HeldDuty,
} from '@enlace/coordination/duty'
import type { BilingualText } from '@enlace/directory/text'
import type { PublicKeyRecord } from '@enlace/trust'
import type { Model } from 'mongoose'
import type { DutyRoster } from './legacy-roster.ts'

/** duty/: the duty books of this node's institutions, and what partners say of theirs. */
export interface Duty {
  /** The roster of the position `guardia`, as it was before there were positions. */
  roster(userId: string): Promise<DutyOfInstitution>
  /** @throws M_FORBIDDEN, M_INVALID_PARAM naming who cannot be on duty there */
  putRoster(userId: string, wanted: DutyRoster): Promise<void>
  /** What of the book would be nobody's without the person. */
  heldBy(institution: string, userId: string): Promise<HeldDuty>
  /** Duty of somebody who leaves goes to a colleague. Doing it again changes nothing. @throws M_INVALID_PARAM */
  passOn(institution: string, userId: string, to: string, by: string): Promise<void>

  /** Stretches in which nobody who may be called is on duty of an institution here, where somebody should be. */
  gaps(institution: string, from: number, to: number): Promise<DutyGap[]>

  /** Who of an institution here is on duty for the matter; undefined: the book says nothing about now. */
  onDuty(institution: string, now: number, matter?: DutyMatter): Promise<ReadonlySet<string> | undefined>
  /** The same, the matter being that of a topic channel. */
  onDutyInRoom(institution: string, now: number, roomId: string): Promise<ReadonlySet<string> | undefined>

  /** The book of one's institution with what follows from it. */
  page(userId: string, from: number, to: number): Promise<DutyPage>
  /** @throws M_FORBIDDEN, M_INVALID_PARAM, 409 when somebody else changed it since */
  putPlan(userId: string, revision: number, plan: DutyPlan): Promise<void>
  putCalendar(
    userId: string,
    revision: number,
    calendar: Pick<DutyCalendar, 'feasts' | 'worked'>,
  ): Promise<void>
  confirmYear(userId: string, year: number): Promise<void>
  askSwap(userId: string, wanted: WantedSwap): Promise<{ id: string }>
  answerSwap(userId: string, id: string, action: DutySwapAction): Promise<void>
  handOver(userId: string, position: string, items: HandOverItem[]): Promise<void>

  /** Who is on duty at an institution of the network now. @throws M_FORBIDDEN, M_NOT_FOUND */
  now(
    userId: string,
    institution: string,
    asked: { position?: string; matter?: DutyMatter },
  ): Promise<DutyNow>
  /** What a partner is told of an institution here. @throws M_NOT_FOUND */
  told(institution: string): Promise<ToldDuty>
  /** Opens, or finds again, the encrypted conversation with whoever is on duty. @throws MatrixError that explains */
  write(userId: string, institution: string, position?: string): Promise<DutyConversation>

  /** The limited key by which this node would sign the duty of the institution. For those who keep its book. */
  publicKey(userId: string, institution: string): Promise<PublicKeyRecord>
  feeds: Feeds
  /** What coordinators have to know before it hurts; tells them of what is new. It does so by itself too. */
  look(): Promise<void>
  close(): void
}

export type DutyOfInstitution = DutyRoster & {
  institution: string
  on_duty: string[]
  /** For those who keep it: officials and people of the roster whom nothing reaches but an open Enlace. */
  only_here?: string[]
  updated_by?: string
  updated_ts?: number
}

export type WantedSwap = {
  position: string
  taker: string
  from_ts: number
  to_ts: number
  back?: { from_ts: number; to_ts: number }
}

export type DutyPage = {
  institution: string
  country: string
  now_ts: number
  revision: number
  /** May change it. */
  keeps: boolean
  book: Omit<DutyBook, 'swaps'>
  swaps: DutySwap[]
  /** Who may be put on duty. `reachable`: for those who keep the book, whether anything but an open Enlace reaches them. */
  people: { user_id: string; name: string; role?: string; reachable?: boolean }[]
  spans: ({ position: string } & DutySpan)[]
  gaps: DutyGap[]
  now: PositionNow[]
  /** Days off of this year and the next. */
  calendar: CalendarDay[]
  confirm_year?: number
  hand_overs: { position: string; by: string; ts: number; items: (HandOverItem & { reference?: string })[] }[]
  /** For those who keep it: calls whose shift ends before they do. */
  ending?: EndingShift[]
  publication: DutyPublication
  updated_by?: string
  updated_ts?: number
}

export type EndingShift = {
  escalation_id: string
  room_id: string
  reference?: string
  /** Whose shift ends. */
  user_id: string
  ends_ts: number
  /** Who comes after; nobody: a gap. */
  next: string[]
}

/** Whether the network knows the newest book. `signer`: who has to sign it. */
export type DutyPublication = {
  state: 'published' | 'waiting' | 'unsigned'
  signer: 'node' | 'coordinator' | 'none'
  revision?: number
}

export type PositionNow = {
  key: string
  name: BilingualText
  contact?: string
  on_duty: { user_id: string; name?: string }[]
  /** When that ends, at most a fortnight ahead. */
  until_ts: number
  next?: { from_ts: number; people: { user_id: string; name?: string }[] }
}

export type DutyNow = {
  institution: string
  name: string
  now_ts: number
  /** `own`: kept here; `signed`: the institution's signed word; `live`: its node says so; `copy`: its node said so. */
  source: 'own' | 'signed' | 'live' | 'copy' | 'none'
  /** Its node could not be asked now. */
  away: boolean
  /** Of when that is, where its node could not be asked. */
  as_of_ts?: number
  /** Those that answer for the matter, by name first. */
  positions: PositionNow[]
}

export type ToldDuty = { institution: string; revision: number; book: DutyBook }

export type DutyConversation = {
  room_id: string
  position: string
  /** Who was called into it now, and who was there. */
  invited: string[]
  present: string[]
  /** It was there already. */
  existing: boolean
}

/** What a node knows of a partner's duty book. */
export type KnownDuty = {
  source: DutyNow['source']
  book: DutyBook
  revision: number
  away: boolean
  asOf?: number
}

export type FeedKind = { kind: 'person' } | { kind: 'position'; position: string }
export type FeedView = FeedKind & { id: string; created_ts: number; last_ts?: number }

/** iCalendar feeds: an address nobody can guess for each, told once. */
export interface Feeds {
  list(userId: string): Promise<FeedView[]>
  create(userId: string, kind: FeedKind): Promise<FeedView & { token: string }>
  /** @returns false when the person has no such feed */
  revoke(userId: string, id: string): Promise<boolean>
  /** The calendar of a token. @throws M_NOT_FOUND */
  read(token: string): Promise<string>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

/** A roster from before there were positions; read once. */
export type RosterDoc = { _id: string; roster: DutyRoster; updated_by: string; updated_ts: number }

export type BookDoc = {
  /** institution */
  _id: string
  book: DutyBook
  revision: number
  updated_by: string
  updated_ts: number
}

export type FeedDoc = {
  /** hash of the token */
  _id: string
  id: string
  user_id: string
  institution: string
  kind: 'person' | 'position'
  position?: string
  created_ts: number
  last_ts?: number
}

export type HandOverDoc = {
  _id: string
  institution: string
  position: string
  by: string
  ts: number
  items: HandOverItem[]
}

/** What a partner said of its institution the last time it could be asked. */
export type CopyDoc = { _id: string; book: DutyBook; revision: number; server: string; heard_ts: number }

export type ConversationDoc = {
  /** `WRITER|INSTITUTION|POSITION` */
  _id: string
  room_id: string
}

export interface DutyModels {
  readonly Roster: Model<RosterDoc>
  readonly Book: Model<BookDoc>
  readonly Feed: Model<FeedDoc>
  readonly HandOver: Model<HandOverDoc>
  readonly Copy: Model<CopyDoc>
  readonly Conversation: Model<ConversationDoc>
}

/** Books of the institutions of this node. */
export interface Books {
  read(institution: string): Promise<Omit<BookDoc, '_id'>>
  /**
   * Writes what `change` makes of the book. One writer at a time for an institution.
   * @param expected the revision the change was made on; undefined: whatever is there
   * @throws 409 when it is another by now
   */
  change(
    institution: string,
    by: string,
    expected: number | undefined,
    change: (book: DutyBook) => DutyBook,
  ): Promise<{ before: DutyBook; after: DutyBook; revision: number }>
  /** Called after each change is on disk; whoever made it waits. */
  onChange(listener: (change: BookChange) => Promise<void>): void
}

export type BookChange = {
  institution: string
  by: string
  before: DutyBook
  after: DutyBook
  revision: number
}
