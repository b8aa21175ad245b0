/**
 * Finding people by name (client-server API, "User directory"): everyone with an account here, and partners' people in
 * the rooms the searcher is in. Accents and case do not matter: "jose" finds "José".
 */
import { foldText } from '@enlace/directory/text'
import mongoose from 'mongoose'
import type { Context } from '../context.ts'
import { openModel } from '../storage/db.ts'
import { skeletonOf } from './display-names.ts'

export type FoundUser = { user_id: string; display_name?: string; avatar_url?: string }

type EntryDoc = {
  _id: string
  display_name?: string
  avatar_url?: string
  /** Folded words of name and user id, each a prefix to search by. */
  words: string[]
  /** What name and user name look like: `skeletonOf`. */
  looks: string[]
}

/** Rooms looked through for partners' people, and entries read for one search. */
const MAX_ROOMS = 200
const MAX_READ = 1_000

const wordsOf = (text: string): string[] => foldText(text).match(/[\p{L}\p{N}]+/gu) ?? []

const looksOf = (userId: string, name: string | undefined): string[] =>
  [...new Set([skeletonOf(userId.slice(1, userId.indexOf(':'))), skeletonOf(name ?? '')])].filter(Boolean)

const matches = (words: readonly string[], wanted: readonly string[]) =>
  wanted.every((want) => words.some((word) => word.startsWith(want)))

export async function createUserDirectory(ctx: Context) {
  const schema = new mongoose.Schema<EntryDoc>(
    { _id: String, display_name: String, avatar_url: String, words: [String], looks: [String] },
    { versionKey: false },
  )
  schema.index({ words: 1 })
  schema.index({ looks: 1 })
  const Entry = await openModel(ctx.db, 'user_directory', schema)

  // Index {looks}. Entries from before there was one.
  for (const { _id, display_name } of await Entry.find({ looks: null }, { display_name: 1 }).lean())
    await Entry.updateOne({ _id }, { $set: { looks: looksOf(_id, display_name) } })

  async function ownPeople(wanted: readonly string[]): Promise<FoundUser[]> {
    const longest = [...wanted].sort((a, b) => b.length - a.length)[0]!
    // Index {words}: a range of the longest word narrows most.
    const docs = await Entry.find({ words: { $gte: longest, $lt: `${longest}\uffff` } })
      .limit(MAX_READ)
      .lean()
    return docs
      .filter(({ words }) => matches(words, wanted))
      .map(({ _id, display_name, avatar_url }) => ({
        user_id: _id,
        ...(display_name === undefined ? {} : { display_name }),
        ...(avatar_url === undefined ? {} : { avatar_url }),
      }))
  }

  async function peopleInRooms(userId: string, wanted: readonly string[]): Promise<FoundUser[]> {
    const found = new Map<string, FoundUser>()
    const rooms = (await ctx.rooms.roomsOf(userId)).filter(({ membership }) => membership === 'join')
    for (const { roomId } of rooms.slice(0, MAX_ROOMS)) {
      const state = await ctx.rooms.currentState(roomId)
      for (const { pdu } of await state.all()) {
        const member = pdu.state_key
        if (pdu.type !== 'm.room.member' || pdu.content['membership'] !== 'join') continue
        if (member === undefined || ctx.accounts.isLocal(member) || found.has(member)) continue
        const { displayname, avatar_url } = pdu.content
        const name = typeof displayname === 'string' ? displayname : ''
        if (!matches([...wordsOf(name), ...wordsOf(member)], wanted)) continue
        found.set(member, {
          user_id: member,
          ...(name ? { display_name: name } : {}),
          ...(typeof avatar_url === 'string' ? { avatar_url } : {}),
        })
      }
    }
    return [...found.values()]
  }

  return {
    async update(userId: string, profile: Record<string, unknown>): Promise<void> {
      const { displayname, avatar_url } = profile
      const name = typeof displayname === 'string' ? displayname : undefined
      const entry: EntryDoc = {
        _id: userId,
        ...(name === undefined ? {} : { display_name: name }),
        ...(typeof avatar_url === 'string' ? { avatar_url } : {}),
        words: [...new Set([...wordsOf(name ?? ''), ...wordsOf(userId)])].slice(0, 40),
        looks: looksOf(userId, name),
      }
      await Entry.replaceOne({ _id: userId }, entry, { upsert: true })
    },

    /** The others whose name or user name looks like this one. */
    async lookingLike(userId: string, name: string): Promise<string[]> {
      const skeleton = skeletonOf(name)
      if (skeleton === '') return []
      // Index {looks}.
      const docs = await Entry.find({ looks: skeleton }, { _id: 1 }).limit(20).lean()
      return docs.map(({ _id }) => _id).filter((id) => id !== userId)
    },

    async remove(userId: string): Promise<void> {
      await Entry.deleteOne({ _id: userId })
    },

    async search(
      searcher: string,
      term: string,
      limit: number,
    ): Promise<{ results: FoundUser[]; limited: boolean }> {
      const wanted = wordsOf(term).slice(0, 10)
      if (wanted.length === 0) return { results: [], limited: false }
      const all = [...(await ownPeople(wanted)), ...(await peopleInRooms(searcher, wanted))].sort((a, b) =>
        (a.display_name ?? a.user_id).localeCompare(b.display_name ?? b.user_id, 'es'),
      )
      return { results: all.slice(0, limit), limited: all.length > limit }
    },
  }
}
