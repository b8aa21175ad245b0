/** The words of a delivery: which sentence a state is, and how institutions are named in it. */

import { dateTime } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'
import type { DeliveryView } from './types.ts'

/** `A`, `A y B`, `A y 2 más`. */
export function briefNames(names: readonly string[], words: Words): string {
  if (names.length <= 2) return allNames(names, words)
  return words.delivery.andMore(names[0]!, names.length - 1)
}

/** `A`, `A y B`, `A, B y C`. */
export function allNames(names: readonly string[], words: Words): string {
  if (names.length <= 1) return names[0] ?? ''
  return words.delivery.and(names.slice(0, -1).join(', '), names.at(-1)!)
}

/** One line for the mark. */
export function markText(view: DeliveryView, words: Words): string {
  const { summary } = view
  const { delivery } = words
  const { institutions, on_device: devices, read } = summary
  switch (summary.state) {
    case 'sent':
      return delivery.sent
    case 'undelivered':
      return delivery.undelivered
    case 'accepted': {
      const partners = Object.entries(view.names)
      if (partners.length === 0) return delivery.accepted
      if (partners.length > 1) return delivery.acceptedByAll(partners.length)
      const [server, names] = partners[0]!
      return delivery.acceptedBy(briefNames(names, words) || server)
    }
    case 'on_device':
      return institutions > 1 ? delivery.onDeviceOf(devices, institutions) : delivery.onDevice
    case 'read':
      return institutions > 1 ? delivery.readOf(read, institutions) : delivery.read
  }
}

/** A whole sentence for every server that is not reached. */
export function missingText(view: DeliveryView, language: Language, words: Words): string {
  return (view.summary.missing ?? [])
    .map(({ server_name: server, reason, since_ts: since }) => {
      const who = briefNames(view.names[server] ?? [], words) || server
      const when = dateTime(since, language, words)
      return reason === 'unreachable'
        ? words.delivery.unreachable(when, who)
        : words.delivery.notOnList(when, who)
    })
    .join(' ')
}
