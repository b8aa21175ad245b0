import type { delivery as spanish } from '../es/delivery.ts'

export const delivery: typeof spanish = {
  delivery: {
    title: 'Delivery',
    sent: 'Sent',
    acceptedBy: (who) => `Accepted by the server of ${who}`,
    acceptedByAll: (servers) => `Accepted by ${servers} servers`,
    accepted: 'On your server',
    onDevice: 'On a device',
    onDeviceOf: (some, all) => `On a device: ${some} of ${all} institutions`,
    read: 'Read',
    readOf: (some, all) => `Read at ${some} of ${all} institutions`,
    undelivered: 'Not delivered',
    unreachable: (since, who) =>
      `Not delivered since ${since}: the server of ${who} does not answer. It will be sent by itself as soon as it is back.`,
    notOnList: (since, who) =>
      `Not delivered since ${since}: the server of ${who} is not allowed on the network’s list. It will be sent by itself if it is allowed again.`,
    andMore: (name, more) => `${name} and ${more} more`,
    and: (names, last) => `${names} and ${last}`,
    sentAt: (time) => `Sent ${time}`,
    yours: 'Your institution',
    unnamed: (server) => `Other people at ${server}`,
    server: {
      here: 'It is on your server',
      accepted: (time) => `Accepted by their server ${time}`,
      acceptedSometime: 'Accepted by their server',
      waiting: 'On its way to their server',
      unreachable: (time) => `Their server has not answered since ${time}`,
      not_on_list: 'Their server is not allowed on the network',
      unknown: 'Only the sender’s server knows',
    },
    devices: (some, all) => `On a device: ${some} of ${all} ${all === 1 ? 'person' : 'people'}`,
    reads: (some, all) => `Read: ${some} of ${all} ${all === 1 ? 'person' : 'people'}`,
    atLatest: (time) => `${time} at the latest`,
    nobody: 'Nobody else is in this channel.',
    unavailable: 'Delivery could not be looked up. Check your connection and try again.',
  },
}
