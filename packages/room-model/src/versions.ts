export type RoomVersionId = '10' | '11' | '12'
export interface RoomVersion {
  readonly id: RoomVersionId
  readonly stateResolution: 'v2' | 'v2.1'
  /** v11: redaction keeps all of create's content, `redacts` lives in content, and more is kept. */
  readonly updatedRedaction: boolean
  /** v12: the room ID is the create event's reference hash, and the create event is implied. */
  readonly roomIdIsCreateHash: boolean
  /** v12: creators have infinite power. */
  readonly creatorsHavePower: boolean
}
const versions: Record<RoomVersionId, RoomVersion> = {
  '10': {
    id: '10',
    stateResolution: 'v2',
    updatedRedaction: false,
    roomIdIsCreateHash: false,
    creatorsHavePower: false,
  },
  '11': {
    id: '11',
    stateResolution: 'v2',
    updatedRedaction: true,
    roomIdIsCreateHash: false,
    creatorsHavePower: false,
  },
  '12': {
    id: '12',
    stateResolution: 'v2.1',
    updatedRedaction: true,
    roomIdIsCreateHash: true,
    creatorsHavePower: true,
  },
}
export const supportedRoomVersions: readonly RoomVersionId[] = ['10', '11', '12']
export function roomVersion(id: string): RoomVersion | undefined {
  return Object.hasOwn(versions, id) ? versions[id as RoomVersionId] : undefined
}
