import type { Channel, ChannelsState } from './types.ts'

/** The node is asked about each of them: no more than these. */
const MAX_CHANNELS = 30

/** The topic channels this person is in, those that `rankOf` puts lowest first. */
export const joinedChannels = (
  { corridors }: ChannelsState,
  rankOf: (channel: Channel) => number,
): Channel[] =>
  corridors
    .flatMap((one) => one.channels)
    .filter((one) => one.kind.kind === 'channel' && one.membership === 'join')
    .sort((a, b) => rankOf(a) - rankOf(b))
    .slice(0, MAX_CHANNELS)
