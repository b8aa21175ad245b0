export type RoomVersionId = '10' | '11' | '12'

/** What changes between the room versions Enlace speaks. Code asks for the flag, never for the number. */
export interface RoomVersion {
  readonly id: RoomVersionId
  /** 12: iterative checks begin with an empty state, and the conflicted state subgraph is replayed too. */
  readonly stateResolution: 'v2' | 'v2.1'
  /** 11: create keeps all its content, `redacts` lives in content, other keys are kept and dropped. */
  readonly updatedRedaction: boolean
  /** 11: the creator is the create event's sender; before, its `content.creator`. */
  readonly creatorIsSender: boolean
  /** 12: the room ID is the create event's reference hash, and the create event is in no `auth_events`. */
  readonly roomIdIsCreateHash: boolean
  /** 12: the create event's sender and `additional_creators` have infinite power. */
  readonly creatorsHavePower: boolean
}

const v10: RoomVersion = {
  id: '10',
  stateResolution: 'v2',
  updatedRedaction: false,
  creatorIsSender: false,
  roomIdIsCreateHash: false,
  creatorsHavePower: false,
}
const v11: RoomVersion = { ...v10, id: '11', updatedRedaction: true, creatorIsSender: true }
const v12: RoomVersion = {
  ...v11,
  id: '12',
  stateResolution: 'v2.1',
  roomIdIsCreateHash: true,
  creatorsHavePower: true,
}
const versions: ReadonlyMap<string, RoomVersion> = new Map([
  ['10', v10],
  ['11', v11],
  ['12', v12],
])

export const supportedRoomVersions: readonly RoomVersionId[] = ['10', '11', '12']

/** Undefined: a version this server does not speak. */
export function roomVersion(id: string): RoomVersion | undefined {
  return versions.get(id)
}
