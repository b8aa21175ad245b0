/** What the map of risks shows, and what people do there. */

import type { Actor } from '@enlace/coordination'
import {
  createPlaceGuard,
  mergedRisks,
  type NetworkRisk,
  networkRisks,
  type PlaceGuard,
  type PublicRisk,
  publicRisks,
  type RiskGroup,
  type RiskRecord,
  type RiskReport,
  type RiskStepDraft,
  riskRefusal,
} from '@enlace/coordination/risks'
import type { Position } from '@enlace/directory/plus-code'
import { type Failure, failureIn } from '../../lib/failure.ts'
import { coalesce, createStore, type ReadableStore } from '../../lib/store.ts'
import { holdRisks } from '../../model/risks/risks.ts'
import type { Session } from '../../model/session/types.ts'
import { joinedChannels } from '../channels/joined-channels.ts'
import type { Channel, ChannelsModel, ChannelsState } from '../channels/types.ts'
import type { SigningDesk } from '../institution/types.ts'
import { type DirectoryPlaces, directoryPlaces } from './hidden-places.ts'
import { createRiskPublisher, type RiskPublisher } from './publishing.ts'

export interface RisksView {
  /** undefined: what this device may show is not worked out yet */
  rows?: readonly NetworkRisk[]
  /** what anybody may see of them; undefined: not known, so nothing may leave */
  open?: readonly PublicRisk[]
  guard: PlaceGuard
  /** by the report in front */
  groups: ReadonlyMap<string, RiskGroup>
  asked: boolean
  failure?: Failure
  actor?: Actor
  /** whether this device has the key of the person's institution */
  holdsKey: boolean
}

export interface RisksModel {
  readonly view: ReadableStore<RisksView>
  /** where one may report, the channel for risks first */
  channels(): readonly Channel[]
  /** the channel for alerts of the corridor a channel is of, where this person is in it */
  alertChannel(roomId: string): Channel | undefined
  may(report: RiskReport, draft: RiskStepDraft): boolean
  /** `alert`: a message for the channel for alerts, sent as soon as the report is. */
  report(
    roomId: string,
    record: RiskRecord,
    attempt: string,
    alert?: { roomId: string; text: string },
  ): Promise<Failure | undefined>
  step(report: RiskReport, draft: RiskStepDraft): Promise<Failure | undefined>
  readonly publisher: RiskPublisher
  refresh(): Promise<void>
  close(): void
}

const TOPICS = ['information', 'operational_alert']
const rankOf = ({ topic }: Channel) => (TOPICS.includes(topic) ? TOPICS.indexOf(topic) : TOPICS.length)

/** Where people of a corridor are told at once. */
export function alertChannelIn({ corridors }: ChannelsState, roomId: string): Channel | undefined {
  return corridors
    .find((one) => one.roomId !== undefined && one.channels.some((channel) => channel.roomId === roomId))
    ?.channels.find(
      (one) => one.topic === 'operational_alert' && one.kind.kind === 'channel' && one.membership === 'join',
    )
}

/**
 * @param desk where the institution's key is
 * @param towns of the base map: places anybody knows
 */
export function createRisksModel(
  session: Session,
  channelsModel: Pick<ChannelsModel, 'state'>,
  desk: SigningDesk,
  towns: readonly Position[],
): RisksModel {
  const { value: model, release } = holdRisks(session)
  const noGuard = createPlaceGuard([], towns)
  const view = createStore<RisksView>({ guard: noGuard, groups: new Map(), asked: false, holdsKey: false })
  /** undefined: not asked yet; 'none': this device has no copy of the directory */
  let places: DirectoryPlaces | 'none' | undefined
  let guard = noGuard
  /** of the directory alone, as the registry's */
  let publicGuard: PlaceGuard | undefined
  let closed = false

  const channels = () => joinedChannels(channelsModel.state.get(), rankOf)

  function show(): void {
    const countryOf = (key: string) => session.cases.institutions.get().get(key)?.country
    const rooms = new Set(channels().map((one) => one.roomId))
    const groups = mergedRisks(model.all.get().filter((one) => rooms.has(one.roomId)))
    const failure = model.failure.get()
    const actor = session.cases.actor()
    view.set({
      ...(places ? { rows: networkRisks(groups, guard, countryOf) } : {}),
      ...(places && places !== 'none' ? { open: publicRisks(groups, guard, countryOf) } : {}),
      guard,
      groups: new Map(groups.map((one) => [one.id, one])),
      asked: model.asked.get(),
      ...(failure ? { failure } : {}),
      ...(actor ? { actor } : {}),
      holdsKey: actor !== undefined && desk.keys.held.get().has(actor.institution),
    })
  }
  const showSoon = coalesce(show, 50)
  const stops = [
    model.all,
    model.asked,
    model.failure,
    session.me,
    session.cases.institutions,
    channelsModel.state,
    desk.keys.held,
  ].map((one) => one.subscribe(showSoon))

  async function look(): Promise<void> {
    const found = await directoryPlaces(session.directory).catch(() => undefined)
    if (closed) return
    places = found ?? 'none'
    guard = found ? createPlaceGuard(found.hidden, [...towns, ...found.open]) : noGuard
    publicGuard = found && createPlaceGuard(found.hidden, found.open)
    show()
  }
  const refresh = async () => {
    await Promise.all([look(), model.refresh(channels().map((one) => one.roomId))])
  }
  show()
  void desk.ready.then(showSoon)
  void refresh()

  return {
    view,
    channels,
    may(report, draft) {
      const by = session.cases.actor()
      return by !== undefined && riskRefusal(report, session.userId, { ...draft, by }) === undefined
    },
    alertChannel: (roomId) => alertChannelIn(channelsModel.state.get(), roomId),
    async report(roomId, record, attempt, alert) {
      const failure = await failureIn(model.report(roomId, record, attempt))
      if (failure || !alert) return failure
      return failureIn(session.outbox.send(alert.roomId, { msgtype: 'm.text', body: alert.text }))
    },
    step: (report, draft) => failureIn(model.step(report, draft)),
    publisher: createRiskPublisher(session, model, desk, () => publicGuard),
    refresh,
    close() {
      closed = true
      for (const stop of stops) stop()
      showSoon.cancel()
      release()
    },
  }
}
