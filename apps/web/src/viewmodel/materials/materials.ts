/** What the page of materials shows, and what people do there. */

import type { Actor } from '@enlace/coordination'
import {
  isApproved,
  type MaterialState,
  type MaterialStatus,
  type MaterialStepDraft,
  materialRefusal,
  materialStatus,
  needsReview,
  publicationItem,
  type WithdrawalReason,
} from '@enlace/coordination/materials'
import type { MaterialContent } from '@enlace/coordination/materials/published'
import { missingCountries } from '@enlace/coordination/publishing'
import { type Failure, failureIn, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore, type ReadableStore } from '../../lib/store.ts'
import { holdMaterials } from '../../model/materials/materials.ts'
import type { Session } from '../../model/session/types.ts'
import { joinedChannels } from '../channels/joined-channels.ts'
import type { Channel, ChannelsModel } from '../channels/types.ts'
import { type ActOutcome, approvalBy, signApproved, signedThen } from '../institution/approved-desk.ts'
import type { SigningDesk } from '../institution/types.ts'
import { holdsVersion, holdsWithdrawal, nextLibrary } from './library-file.ts'
import {
  contentOf,
  createMaterialDrafts,
  type DraftFault,
  type DraftName,
  draftOf,
  type MaterialDraft,
  type MaterialDrafts,
  newDraft,
  previewOf,
} from './material-draft.ts'
import { type NamedRecords, namedRecords } from './named-records.ts'

export interface MaterialRow {
  state: MaterialState
  /** of the version that stands; undefined: not readable here */
  content?: MaterialContent
  status: MaterialStatus
  /** records that it names and that are not as they were; undefined: this device has no directory */
  review?: ReturnType<typeof needsReview>
  /** a version is written over the one that is published */
  newer: boolean
  /** this person may approve the version that stands, and their institution has not said anything of it */
  waitsForMe: boolean
}

export interface MaterialsView {
  rows: readonly MaterialRow[]
  drafts: readonly MaterialDraft[]
  asked: boolean
  failure?: Failure
  actor?: Actor
  /** undefined: not asked yet; `none`: this device has no copy of the directory */
  directory?: NamedRecords | 'none'
  /** whether this device has the key of the person's institution */
  holdsKey: boolean
}

/** How a step that needs a signature went. */
export type StepOutcome =
  | ActOutcome
  /** institutions of these countries approved without their key: the registry asks for their signature */
  | { kind: 'unsigned'; countries: string[] }

export interface MaterialsModel {
  readonly view: ReadableStore<MaterialsView>
  readonly drafts: Pick<MaterialDrafts, 'save' | 'remove' | 'kept'>
  channels(): readonly Channel[]
  row(id: string): MaterialRow | undefined
  may(state: MaterialState, draft: Omit<MaterialStepDraft, 'record'>): boolean
  /** @returns the draft's ID */
  begin(): string
  /** Another version, or, with `translated`, the same in another language. @returns the draft's ID */
  beginFrom(row: MaterialRow, translated?: boolean): string | undefined
  /** What the draft comes to as a version. */
  content(draft: MaterialDraft): ReturnType<typeof contentOf>
  /** The nearest thing to it while the form is not finished. */
  preview(draft: MaterialDraft): MaterialContent
  /** @returns the material's ID, what is wrong with the form, or why it was not sent: then the draft stays */
  send(draft: MaterialDraft): Promise<{ id: string } | { faults: DraftFault[] } | { failure: Failure }>
  comment(state: MaterialState, text: string): Promise<Failure | undefined>
  /** With the institution's signature where this device has its key. */
  approve(state: MaterialState): Promise<Failure | undefined>
  giveBack(state: MaterialState, text: string): Promise<Failure | undefined>
  /** Countries whose approval of the version that stands has no signature of an institution. */
  unsigned(state: MaterialState): string[]
  /** @param summary what the person was shown */
  publish(state: MaterialState, summary: string): Promise<StepOutcome>
  withdraw(state: MaterialState, reason: WithdrawalReason, summary: string): Promise<StepOutcome>
  refresh(): Promise<void>
  close(): void
}

const rankOf = ({ topic }: Channel) => (topic === 'information' ? 0 : 1)

/** @param origin of this node: where the public pages are reached, if people reach it by https */
export function createMaterialsModel(
  session: Session,
  channelsModel: Pick<ChannelsModel, 'state'>,
  desk: SigningDesk,
  origin: string,
): MaterialsModel {
  const { value: model, release } = holdMaterials(session)
  const drafts = createMaterialDrafts(session.database)
  const view = createStore<MaterialsView>({ rows: [], drafts: [], asked: false, holdsKey: false })
  let records: NamedRecords | 'none' | undefined
  let closed = false
  const liveAt = /^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(origin) ? origin : ''
  const countryOf = (key: string) => session.cases.institutions.get().get(key)?.country

  const channels = () => joinedChannels(channelsModel.state.get(), rankOf)

  function may(state: MaterialState, draft: Omit<MaterialStepDraft, 'record'>): boolean {
    const by = session.cases.actor()
    const at = Date.now()
    return !!by && !materialRefusal(state, { ...draft, by }, { sender: session.userId, at }, countryOf)
  }

  function rowOf(state: MaterialState, by: Actor | undefined): MaterialRow {
    const last = state.versions.at(-1)
    const content = state.versions.findLast((one) => one.content)?.content
    const published = state.publications.at(-1)
    const silent =
      by !== undefined &&
      last !== undefined &&
      !last.stances.has(by.institution) &&
      !state.publications.some((one) => one.version === last.id)
    return {
      state,
      ...(content ? { content } : {}),
      status: materialStatus(state, Date.now(), countryOf),
      ...(typeof records === 'object' ? { review: needsReview(state, records.digestOf) } : {}),
      newer: published !== undefined && last !== undefined && published.version !== last.id,
      waitsForMe: silent && may(state, { step: 'approve', version: last.id }),
    }
  }

  function show(): void {
    const rooms = new Set(channels().map((one) => one.roomId))
    const failure = model.failure.get()
    const actor = session.cases.actor()
    view.set({
      rows: model.all
        .get()
        .filter((one) => rooms.has(one.roomId))
        .map((state) => rowOf(state, actor)),
      drafts: drafts.all.get(),
      asked: model.asked.get(),
      ...(failure ? { failure } : {}),
      ...(actor ? { actor } : {}),
      ...(records ? { directory: records } : {}),
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
  // What one types is shown as one types it.
  stops.push(drafts.all.subscribe(show))

  async function look(): Promise<void> {
    const found = await namedRecords(session.directory).catch(() => undefined)
    if (closed) return
    records = found ?? (typeof records === 'object' ? records : 'none')
    show()
  }
  const refresh = async () => {
    await Promise.all([look(), model.refresh(channels().map((one) => one.roomId))])
  }
  show()
  void drafts.load()
  void desk.ready.then(showSoon)
  void refresh()

  const known = (id: string) => model.all.get().find((one) => one.id === id)
  const last = (state: MaterialState) => state.versions.at(-1)

  function about(draft: MaterialDraft) {
    const of = draft.of && known(draft.of.id)
    const before = Math.max(0, ...(of?.versions ?? []).map((one) => one.content?.number ?? 0))
    const institution = draft.of?.institution ?? session.cases.actor()?.institution ?? ''
    return {
      institution,
      number: before + 1,
      digestOf: (name: DraftName) => (typeof records === 'object' ? records.digestOf(name) : undefined),
      now: Date.now(),
      taken: ({ slug, language }: { slug: string; language: string }) =>
        draft.of === undefined &&
        model.all
          .get()
          .some(
            (one) =>
              one.institution === institution &&
              one.versions.some(({ content: has }) => has?.slug === slug && has.language === language),
          ),
    }
  }
  const content = (draft: MaterialDraft) => contentOf(draft, about(draft))

  function keep(draft: MaterialDraft): string {
    drafts.save(draft)
    return draft.id
  }
  function unsigned(state: MaterialState): string[] {
    const approved = [...(last(state)?.stances ?? [])].filter(([, one]) => one.stance === 'approve')
    const all = approved.map(([key]) => key)
    const withKey = approved.flatMap(([key, one]) => (one.signatures ? [key] : []))
    const missing = missingCountries(all, countryOf)
    return missingCountries(withKey, countryOf).filter((country) => !missing.includes(country))
  }

  return {
    view,
    drafts,
    channels,
    row(id) {
      const state = known(id)
      return state && rowOf(state, session.cases.actor())
    },
    may,
    begin: () => keep(newDraft({ roomId: channels()[0]?.roomId ?? '', liveAt, now: Date.now() })),
    beginFrom({ state, content: before }, translated = false) {
      if (!before) return undefined
      const draft = draftOf(before, { roomId: state.roomId, liveAt, now: Date.now() })
      if (translated) return keep({ ...draft, slug: before.slug, language: '' })
      const bases = [...new Set([...(last(state) ? [last(state)!.id] : []), ...state.apart])].slice(0, 10)
      return keep({
        ...draft,
        slug: before.slug,
        of: { id: state.id, bases, institution: state.institution },
      })
    },
    content,
    preview: (draft) => previewOf(draft, about(draft)),
    async send(draft) {
      const made = content(draft)
      if (!made.ok) return { faults: made.faults }
      const { of } = draft
      const version = {
        what: 'version' as const,
        ...(of && of.bases.length > 0 ? { bases: of.bases } : {}),
        content: made.content,
      }
      try {
        const state = of && known(of.id)
        if (of && !state) throw new Error('The material is not on this device any more.')
        if (state) await model.step(state, { step: 'version' }, version)
        const id = state?.id ?? (await model.propose(draft.roomId, version, draft.id))
        drafts.remove(draft.id)
        return { id }
      } catch (error) {
        return { failure: failureOf(error) }
      }
    },
    comment: (state, text) => failureIn(model.step(state, { step: 'comment' }, { what: 'comment', text })),
    approve: (state) =>
      failureIn(
        (async () => {
          const version = last(state)
          const by = session.cases.actor()
          if (!version?.content || !by) throw new Error('There is no version to be read here.')
          const signatures = await approvalBy(desk, by.institution, { material: { ...version.content } })
          const record = signatures && { what: 'approval' as const, signatures }
          await model.step(state, { step: 'approve', version: version.id }, record)
        })(),
      ),
    giveBack: (state, text) =>
      failureIn(model.step(state, { step: 'return', version: last(state)!.id }, { what: 'comment', text })),
    unsigned,
    async publish(state, summary) {
      const version = last(state)
      const item = version && publicationItem({ ...state, publications: [published(state, version.id)] })
      if (!item || !isApproved(version, countryOf)) return { kind: 'unread' }
      const countries = unsigned(state)
      if (countries.length > 0) return { kind: 'unsigned', countries }
      const step = {
        step: 'publish',
        version: version.id,
        valid_until_ts: item.material.valid_until,
      } as const
      return signedThen(
        () =>
          signApproved(
            desk,
            state.institution,
            'materials.json',
            (before) =>
              holdsVersion(before, item.material)
                ? undefined
                : nextLibrary(state.institution, before, { publish: item }),
            [summary],
          ),
        () => model.step(state, step),
      )
    },
    async withdraw(state, reason, summary) {
      const publication = state.publications.at(-1)
      const material = state.versions.find(({ id }) => id === publication?.version)?.content
      const by = session.cases.actor()
      if (!publication || !material || !by) return { kind: 'unread' }
      const { institution, slug, language, number } = material
      const back = { institution, slug, language, number }
      return signedThen(
        () =>
          signApproved(
            desk,
            by.institution,
            'materials.json',
            (before) =>
              holdsWithdrawal(before, back)
                ? undefined
                : nextLibrary(by.institution, before, { withdraw: back }),
            [summary],
          ),
        () => model.step(state, { step: 'withdraw', publication: publication.id, reason }),
      )
    },
    refresh,
    close() {
      closed = true
      for (const stop of stops) stop()
      showSoon.cancel()
      drafts.close()
      release()
    },
  }
}

/** As it would stand published: what `publicationItem` asks for. */
const published = (state: MaterialState, version: string): MaterialState['publications'][number] => ({
  ...state.proposed,
  id: '',
  version,
  validUntil: Number.POSITIVE_INFINITY,
})
