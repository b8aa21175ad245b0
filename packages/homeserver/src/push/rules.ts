/** A person's push rules: the server's defaults, as switched and changed, and rules of their own. */

import mongoose from 'mongoose'
import type { Context } from '../context.ts'
import { invalidParam, MatrixError, notFound, tooLarge } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { openModel } from '../storage/db.ts'
import {
  type Action,
  defaultOverrideRules,
  defaultUnderrideRules,
  masterRule,
  type PushRule,
  RULE_KINDS,
  type RuleKind,
  type Ruleset,
} from './default-rules.ts'
import type { NewRule, Place, PushRules } from './types.ts'

const MAX_RULES = 1_000

type Stored = {
  own: Partial<Record<RuleKind, PushRule[]>>
  /** What was changed about server-default rules. */
  defaults: Record<string, { enabled?: boolean; actions?: Action[] }>
}

export async function createPushRules(ctx: Context): Promise<PushRules> {
  const schema = new mongoose.Schema<{ _id: string; json: string }>(
    { _id: String, json: String },
    { versionKey: false },
  )
  const Rules = await openModel(ctx.db, 'push_rules', schema)
  const cache = growingCache<string, Ruleset>(5_000)
  const inTurn = createKeyedQueue()
  const listeners = new Set<(userId: string) => void>()

  async function stored(userId: string): Promise<Stored> {
    const doc = await Rules.findById(userId).lean()
    return doc ? (JSON.parse(doc.json) as Stored) : { own: {}, defaults: {} }
  }

  async function ruleset(userId: string): Promise<Ruleset> {
    const known = cache.get(userId)
    if (known) return known
    const rules = compose(userId, await stored(userId))
    cache.set(userId, rules)
    return rules
  }

  /** Changes what is stored and tells the person's devices. */
  const change = (userId: string, edit: (stored: Stored) => void) =>
    inTurn(userId, async () => {
      const next = await stored(userId)
      edit(next)
      await Rules.updateOne({ _id: userId }, { $set: { json: JSON.stringify(next) } }, { upsert: true })
      const rules = compose(userId, next)
      cache.set(userId, rules)
      for (const listener of listeners) listener(userId)
      await ctx.accountData.set(userId, 'm.push_rules', { global: rules })
    })

  const noRule = () => notFound('There is no such push rule.')

  async function find(userId: string, kind: RuleKind, ruleId: string): Promise<PushRule> {
    const found = (await ruleset(userId))[kind].find((rule) => rule.rule_id === ruleId)
    if (!found) throw noRule()
    return found
  }

  async function adjust(
    userId: string,
    kind: RuleKind,
    ruleId: string,
    what: { enabled?: boolean; actions?: Action[] },
  ): Promise<void> {
    const rule = await find(userId, kind, ruleId)
    await change(userId, (next) => {
      if (rule.default) next.defaults[ruleId] = { ...next.defaults[ruleId], ...what }
      else
        next.own[kind] = (next.own[kind] ?? []).map((one) =>
          one.rule_id === ruleId ? { ...one, ...what } : one,
        )
    })
  }

  return {
    ruleset,
    find,

    /** Called when somebody's rules changed: counts made by the old ones are void. */
    onChange(listener: (userId: string) => void): void {
      listeners.add(listener)
    },

    setEnabled: (userId: string, kind: RuleKind, ruleId: string, enabled: boolean) =>
      adjust(userId, kind, ruleId, { enabled }),

    setActions: (userId: string, kind: RuleKind, ruleId: string, actions: Action[]) =>
      adjust(userId, kind, ruleId, { actions }),

    /** Adds or replaces a rule; without a place a new one is the first of its kind. @throws MatrixError 400, 404 */
    async put(userId: string, kind: RuleKind, ruleId: string, rule: NewRule, place: Place): Promise<void> {
      if (ruleId.startsWith('.')) throw invalidParam('rule_id: only rules of the server begin with a dot')
      if (/[/\\]/.test(ruleId)) throw invalidParam('rule_id: must have no slash and no backslash')
      if (kind === 'content' && rule.pattern === undefined) {
        throw new MatrixError(400, 'M_MISSING_PARAM', 'pattern: a content rule needs one')
      }
      await change(userId, (next) => {
        const list = next.own[kind] ?? []
        const old = list.findIndex((one) => one.rule_id === ruleId)
        if (old < 0 && Object.values(next.own).flat().length >= MAX_RULES) {
          throw tooLarge(`You can have ${MAX_RULES} push rules at most.`)
        }
        const made: PushRule = {
          rule_id: ruleId,
          default: false,
          enabled: list[old]?.enabled ?? true,
          actions: rule.actions,
          ...(kind === 'override' || kind === 'underride' ? { conditions: rule.conditions ?? [] } : {}),
          ...(kind === 'content' ? { pattern: rule.pattern! } : {}),
        }
        const others = list.filter((one) => one.rule_id !== ruleId)
        next.own[kind] = insert(others, made, place, Math.max(old, 0))
      })
    },

    async remove(userId: string, kind: RuleKind, ruleId: string): Promise<void> {
      const rule = await find(userId, kind, ruleId)
      if (rule.default) throw invalidParam('A rule of the server can be switched off, not removed.')
      await change(userId, (next) => {
        next.own[kind] = (next.own[kind] ?? []).filter((one) => one.rule_id !== ruleId)
      })
    },
  }
}

function insert(
  list: readonly PushRule[],
  rule: PushRule,
  { before, after }: Place,
  otherwise: number,
): PushRule[] {
  const anchor = before ?? after
  if (anchor === undefined) return list.toSpliced(otherwise, 0, rule)
  if (anchor.startsWith('.')) throw invalidParam('Rules cannot be placed beside rules of the server.')
  const index = list.findIndex((one) => one.rule_id === anchor)
  if (index < 0) throw notFound('There is no push rule to place it beside.')
  return list.toSpliced(before === undefined ? index + 1 : index, 0, rule)
}

function compose(userId: string, { own, defaults }: Stored): Ruleset {
  const adjusted = (rules: readonly PushRule[]) =>
    rules.map((rule) => ({ ...rule, ...defaults[rule.rule_id] }))
  const rules = Object.fromEntries(RULE_KINDS.map((kind) => [kind, own[kind] ?? []])) as Ruleset
  return {
    ...rules,
    override: [...adjusted([masterRule]), ...rules.override, ...adjusted(defaultOverrideRules(userId))],
    underride: [...rules.underride, ...adjusted(defaultUnderrideRules)],
  }
}
