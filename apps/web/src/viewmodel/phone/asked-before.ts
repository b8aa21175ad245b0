import { z } from 'zod'

/** What this browser was asked and declined, and when: nothing about anybody. */
const answerSchema = z.object({ times: z.number(), at: z.number().optional() })
type Answer = z.output<typeof answerSchema>

const nameOf = (what: string) => `enlace.asked.${what}`

export function readAnswer(what: string, storage: Storage = localStorage): Answer {
  try {
    return answerSchema.parse(JSON.parse(storage.getItem(nameOf(what)) ?? ''))
  } catch {
    return { times: 0 }
  }
}

export function writeAnswer(what: string, at: number, storage: Storage = localStorage): void {
  try {
    storage.setItem(nameOf(what), JSON.stringify({ times: readAnswer(what, storage).times + 1, at }))
  } catch {
    // A browser without room asks once more.
  }
}
