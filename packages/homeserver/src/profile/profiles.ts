/**
 * Profiles (client-server API, "Profiles"). Display name, avatar and custom fields belong to the person;
 * `org.enlace.institution` and `org.enlace.role` come from the account and can be changed by the institution only.
 */
import { LRUCache } from 'lru-cache'
import mongoose from 'mongoose'
import { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { forbidden, invalidParam, MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { openModel } from '../storage/db.ts'
import { bearsForeignTitle, cleanName, foreignTitle, skeletonOf, takenName } from './display-names.ts'
import type { Profiles } from './types.ts'
import { createUserDirectory } from './user-directory.ts'

const MAX_PROFILE_BYTES = 64 * 1024
const MAX_KEY_BYTES = 255
const MAX_DISPLAY_NAME = 256
const MAX_AVATAR_URL = 1_000
const KEY = /^(avatar_url|displayname|m\.tz|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_-]*)+)$/
/** Namespace of fields the server sets. */
const OWN_FIELDS = /^org\.enlace\./

const REMOTE_TTL_MS = 5 * 60_000
const REMOTE_TIMEOUT_MS = 10_000

type ProfileDoc = {
  _id: string
  /** JSON text of all fields the person set. */
  json: string
  /** Grows with every change: two changes at once do not undo each other. */
  rev: number
}

const remoteProfile = z.record(z.string(), z.unknown())

export async function createProfiles(ctx: Context): Promise<Profiles> {
  const schema = new mongoose.Schema<ProfileDoc>(
    { _id: String, json: String, rev: Number },
    { versionKey: false },
  )
  const Profile = await openModel(ctx.db, 'profiles', schema)
  const directory = await createUserDirectory(ctx)
  const remote = new LRUCache<string, { profile: Record<string, unknown> | undefined }>({
    max: 2_000,
    ttl: REMOTE_TTL_MS,
  })
  const local = growingCache<string, Record<string, unknown>>(2_000)

  async function own(userId: string): Promise<Record<string, unknown>> {
    const known = local.get(userId)
    if (known) return known
    const doc = await Profile.findById(userId).lean()
    const fields = doc ? (JSON.parse(doc.json) as Record<string, unknown>) : {}
    local.set(userId, fields)
    return fields
  }

  async function localProfile(userId: string): Promise<Record<string, unknown> | undefined> {
    const account = await ctx.accounts.get(userId)
    if (!account || account.deactivated) return undefined
    const { institution, role } = await ctx.policy.placeOf(userId)
    return {
      ...(await own(userId)),
      ...(institution ? { 'org.enlace.institution': institution } : {}),
      ...(role ? { 'org.enlace.role': role } : {}),
    }
  }

  async function remoteOne(userId: string, server: string): Promise<Record<string, unknown> | undefined> {
    const known = remote.get(userId)
    if (known) return known.profile
    try {
      const request = {
        entryPoint: 'profile',
        method: 'GET',
        path: '/_matrix/federation/v1/query/profile',
        query: { user_id: userId },
        timeoutMs: REMOTE_TIMEOUT_MS,
      } as const
      const said = await ctx.federation.request(server, request, remoteProfile)
      // What a server says of its people’s institutions and roles is not theirs to say.
      const profile = ctx.policy.byRosters
        ? Object.fromEntries(Object.entries(said).filter(([key]) => !OWN_FIELDS.test(key)))
        : said
      remote.set(userId, { profile })
      return profile
    } catch (error) {
      ctx.log.debug({ err: error, user: userId }, 'could not ask for a profile')
      // Better the name the person has in a room here than none; asked again soon.
      const profile = await fromRooms(userId)
      remote.set(userId, { profile }, { ttl: 30_000 })
      return profile
    }
  }

  async function fromRooms(userId: string): Promise<Record<string, unknown> | undefined> {
    for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
      if (membership !== 'join') continue
      const content = (await ctx.rooms.membership(roomId, userId))?.event.pdu.content
      const { displayname, avatar_url } = content ?? {}
      return {
        ...(typeof displayname === 'string' ? { displayname } : {}),
        ...(typeof avatar_url === 'string' ? { avatar_url } : {}),
      }
    }
    return undefined
  }

  /** Applies a change to the stored fields. @returns the fields before and after */
  async function change(userId: string, edit: (fields: Record<string, unknown>) => Record<string, unknown>) {
    for (;;) {
      const doc = await Profile.findById(userId).lean()
      const before = doc ? (JSON.parse(doc.json) as Record<string, unknown>) : {}
      const after = edit(before)
      const json = JSON.stringify(after)
      if (Buffer.byteLength(json) > MAX_PROFILE_BYTES) {
        throw new MatrixError(400, 'M_PROFILE_TOO_LARGE', 'A profile can have 64 KiB at most.')
      }
      if (json === (doc?.json ?? '{}')) return { before, after }
      const saved = doc
        ? await Profile.updateOne({ _id: userId, rev: doc.rev }, { $set: { json, rev: doc.rev + 1 } })
        : await Profile.updateOne({ _id: userId }, { $setOnInsert: { json, rev: 1 } }, { upsert: true })
      local.delete(userId)
      if (saved.modifiedCount + saved.upsertedCount > 0) return { before, after }
    }
  }

  /** New member events with the new name and picture, room by room; a room that refuses does not stop the others. */
  async function tellRooms(userId: string, after: Record<string, unknown>): Promise<void> {
    for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
      if (membership !== 'join') continue
      try {
        const current = await ctx.rooms.membership(roomId, userId)
        if (current?.membership !== 'join') continue
        const {
          displayname: _name,
          avatar_url: _avatar,
          join_authorised_via_users_server: _via,
          ...rest
        } = current.event.pdu.content
        const { displayname, avatar_url } = after
        await ctx.rooms.send({
          roomId,
          sender: userId,
          type: 'm.room.member',
          stateKey: userId,
          content: {
            ...rest,
            membership: 'join',
            ...(displayname === undefined ? {} : { displayname }),
            ...(avatar_url === undefined ? {} : { avatar_url }),
          },
        })
      } catch (error) {
        ctx.log.warn({ err: error, room: roomId }, 'a profile change did not reach a room')
      }
    }
  }

  async function save(
    userId: string,
    edit: (fields: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<void> {
    const { before, after } = await change(userId, edit)
    const shown = ['displayname', 'avatar_url']
    if (shown.every((key) => before[key] === after[key])) return
    await directory.update(userId, after)
    await tellRooms(userId, after)
  }

  async function nameFor(userId: string, wanted: string): Promise<string> {
    const name = cleanName(wanted)
    const account = await ctx.accounts.get(userId)
    if (!account) return name
    const place = await ctx.policy.placeOf(userId)
    if (bearsForeignTitle(name, { isAdmin: account.isAdmin, role: place.role })) throw foreignTitle()
    for (const other of await directory.lookingLike(userId, name)) {
      // Who belongs to no institution is nobody on this network, and their names are free.
      if ((await ctx.policy.placeOf(other)).institution !== undefined) throw takenName()
    }
    const looks = skeletonOf(name)
    const institution = ctx.directory.all().find((one) => skeletonOf(one.name) === looks)
    if (institution && institution.key !== place.institution) throw takenName()
    return name
  }

  return {
    search: directory.search,
    nameFor,

    async get(userId) {
      if (ctx.accounts.isLocal(userId)) return localProfile(userId)
      const server = serverOfUser(userId)
      return server === undefined ? undefined : remoteOne(userId, server)
    },

    async set(userId, key, value, { byInstitution = false } = {}) {
      checkKey(key)
      const given = checkValue(key, value)
      const isName = key === 'displayname' && typeof given === 'string'
      const kept = !isName ? given : byInstitution ? cleanName(given) : await nameFor(userId, given)
      await save(userId, (fields) => {
        const { [key]: _old, ...rest } = fields
        return kept === undefined || (isName && kept === '') ? rest : { ...rest, [key]: kept }
      })
    },

    async delete(userId, key) {
      checkKey(key)
      await save(userId, (fields) => {
        const { [key]: _old, ...rest } = fields
        return rest
      })
    },

    async list(userId) {
      await directory.update(userId, await own(userId))
    },

    async unlist(userId) {
      await directory.remove(userId)
      await Profile.deleteOne({ _id: userId })
      local.delete(userId)
    },
  }
}

/** @throws M_KEY_TOO_LARGE, M_INVALID_PARAM, M_FORBIDDEN for fields the institution sets */
function checkKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new MatrixError(400, 'M_KEY_TOO_LARGE', 'The name of a profile field can have 255 bytes at most.')
  }
  if (!KEY.test(key)) throw invalidParam('That is not a name of a profile field.')
  if (OWN_FIELDS.test(key)) throw forbidden('Institution and role are set by your institution.')
}

/** @returns undefined when the field is to be removed. @throws M_INVALID_PARAM */
function checkValue(key: string, value: unknown): unknown {
  if (key !== 'displayname' && key !== 'avatar_url') {
    if (key === 'm.tz' && typeof value !== 'string') throw invalidParam('m.tz: must be a text')
    return value
  }
  // What older clients send to clear the field.
  if (value === null || value === '') return undefined
  if (typeof value !== 'string' || !value.isWellFormed()) throw invalidParam(`${key}: must be a text`)
  if (key === 'displayname' && [...value].length > MAX_DISPLAY_NAME) {
    throw invalidParam(`displayname: ${MAX_DISPLAY_NAME} characters at most`)
  }
  if (key === 'avatar_url' && (value.length > MAX_AVATAR_URL || !value.startsWith('mxc://'))) {
    throw invalidParam('avatar_url: must be an mxc:// address')
  }
  return value
}
