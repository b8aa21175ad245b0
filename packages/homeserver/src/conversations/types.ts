import type { Topic } from '@enlace/coordination'

/** conversations/: rooms between two people or in a small group, beside the channels. */
export interface Conversations {
  /** Opens, or finds again, the conversation of the two. @throws MatrixError that explains */
  direct(userId: string, other: string): Promise<Opened>
  /** Begins a group; nobody is called in unless all may be. @throws MatrixError that explains */
  group(userId: string, others: readonly string[]): Promise<Opened>
  /** A new topic channel of a corridor, for its coordinators. @throws MatrixError that explains */
  found(userId: string, wanted: WantedChannel): Promise<Founded>
  /** Who others are, and whether one may write to them. */
  check(userId: string, others: readonly string[]): Promise<Checked[]>
}

/** `kinds`: of the institutions it admits; absent: those of the topic's default policy. */
export type WantedChannel = { corridor: string; topic: Topic; kinds?: readonly string[] }
export type Founded = { room_id: string; invited: string[]; not_reached: string[] }

/** `not_reached`: whose server does not answer now, or does not let them in. */
export type Opened = { room_id: string; existing: boolean; not_reached: string[] }

/** `duty_of`: the institution whose duty can be written to instead. */
export type Checked = {
  user_id: string
  allowed: boolean
  institution?: string
  institution_name?: string
  country?: string
  role?: string
  rule?: unknown
  message?: unknown
  duty_of?: unknown
}
