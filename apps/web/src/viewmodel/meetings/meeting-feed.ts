/** What the page of meetings offers for calendars: a secret address, and each meeting by mail. */
import { type Failure, failureOf } from '../../lib/failure.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'
import {
  type CalendarSettings,
  fetchCalendar,
  renewCalendar,
  revokeCalendar,
  setCalendarMail,
} from '../../model/meetings/calendar-api.ts'

export interface MeetingFeedState {
  /** `none`: this server has no calendars of meetings */
  settings?: CalendarSettings | 'none'
  /** the new address, while the page is open: it is not told again */
  fresh?: string
  busy: boolean
  failure?: Failure
}

export interface MeetingFeed {
  readonly state: ReadableStore<MeetingFeedState>
  load(): Promise<void>
  renew(): Promise<void>
  revoke(): Promise<void>
  mail(on: boolean): Promise<void>
  close(): void
}

/** @param base where calendars ask: the address of the page */
export function createMeetingFeed({ request }: { request: AuthedRequest }, base: string): MeetingFeed {
  const state = createStore<MeetingFeedState>({ busy: false })
  let closed = false

  /** @param work undefined: only asks how it stands. @returns what is shown of a new address */
  async function run(work?: () => Promise<Pick<MeetingFeedState, 'fresh'>>): Promise<void> {
    const { failure: _, ...before } = state.get()
    state.set({ ...before, busy: true })
    try {
      const { fresh } = work ? await work() : before
      const settings = (await fetchCalendar(request)) ?? 'none'
      if (!closed) state.set({ settings, busy: false, ...(fresh ? { fresh } : {}) })
    } catch (error) {
      if (!closed) state.set({ ...before, busy: false, failure: failureOf(error) })
    }
  }
  const kept = () => {
    const { fresh } = state.get()
    return fresh ? { fresh } : {}
  }
  void run()

  return {
    state,
    load: () => run(),
    renew: () => run(async () => ({ fresh: new URL(await renewCalendar(request), base).href })),
    revoke: () =>
      run(async () => {
        await revokeCalendar(request)
        return {}
      }),
    mail: (on) =>
      run(async () => {
        await setCalendarMail(request, on)
        return kept()
      }),
    close() {
      closed = true
    },
  }
}
