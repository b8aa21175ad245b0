/** What passes between people beside rooms, with Synapse on the other side: keys, devices, files, receipts, profiles. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  type FederatedWorld,
  federatedWorld,
} from '../../packages/homeserver/src/testing/world.ts'
import { sdk, texts } from './encrypted.ts'
import {
  act,
  as,
  asServer,
  create,
  enc,
  enter,
  heard,
  hears,
  interop,
  type Json,
  next,
  type Person,
  register,
  type Server,
  say,
  section,
  sees,
  startSynapse,
  sync,
  withoutSynapse,
} from './synapse.ts'

let world: FederatedWorld
let synapse: Server
let enlace: Server

// A red square of 64 pixels.
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAATUlEQVR42u3PQQkAAAgAseufzFhG8C0MVmBNvZaAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAwGUBXXKAtcSdyf4AAAAASUVORK5CYII=',
  'base64',
)

type Ephemeral = { type: string; content: Json }

describe.skipIf(withoutSynapse)(interop('People on Enlace and on Synapse'), () => {
  beforeAll(async () => {
    world = await federatedWorld()
    enlace = asServer(await world.node('localhost'))
    synapse = await startSynapse(world)
  }, 120_000)
  afterAll(async () => {
    await synapse?.stop()
    await world?.close()
  })

  describe.each(['from Enlace', 'from Synapse'])('%s', (direction) => {
    const pair = async () => {
      const [home, away] = direction === 'from Enlace' ? [enlace, synapse] : [synapse, enlace]
      return [await register(home), await register(away)] as const
    }
    const together = async () => {
      const [ana, beto] = await pair()
      const room = await create(ana, { preset: 'public_chat' })
      await enter(beto, room, ana.server)
      await sees(ana, room, beto, 'join')
      return { ana, beto, room }
    }
    const passing = async (person: Person, room: string): Promise<Ephemeral[]> => {
      const joined = await section(person, 'join', room)
      return (joined?.['ephemeral'] as { events: Ephemeral[] } | undefined)?.events ?? []
    }

    test('receipts and typing', async () => {
      const { ana, beto, room } = await together()
      const id = await say(ana, room, 'leído')
      await hears(beto, room, 'leído')
      await act(beto, room, `receipt/m.read/${enc(id)}`)
      await eventually('receipt', async () =>
        (await passing(ana, room)).some(
          (event) =>
            event.type === 'm.receipt' &&
            (event.content[id] as Json | undefined)?.['m.read'] !== undefined &&
            beto.userId in ((event.content[id] as Json)['m.read'] as Json),
        ),
      )
      await as(beto, 'PUT', `/rooms/${enc(room)}/typing/${enc(beto.userId)}`, {
        typing: true,
        timeout: 30_000,
      })
      const typing = async () =>
        (await passing(ana, room)).some(
          (event) =>
            event.type === 'm.typing' && (event.content['user_ids'] as string[]).includes(beto.userId),
        )
      await eventually('typing', typing)
      await as(beto, 'PUT', `/rooms/${enc(room)}/typing/${enc(beto.userId)}`, { typing: false })
      await eventually('no longer typing', async () => !(await typing()))
    })

    test('names and pictures', async () => {
      const { ana, beto, room } = await together()
      await as(beto, 'PUT', `/profile/${enc(beto.userId)}/displayname`, { displayname: 'Juzgado de Izabal' })
      const profile = await as(ana, 'GET', `/profile/${enc(beto.userId)}`)
      expect(profile['displayname']).toBe('Juzgado de Izabal')
      await eventually('name in the room', async () => {
        const { joined } = await as(ana, 'GET', `/rooms/${enc(room)}/joined_members`)
        return (joined as Record<string, Json>)[beto.userId]?.['display_name'] === 'Juzgado de Izabal'
      })
    })

    test('files, whole and as a small picture', async () => {
      const { ana, beto } = await together()
      const upload = await fetch(`${beto.server.baseUrl}/_matrix/media/v3/upload?filename=cuadro.png`, {
        method: 'POST',
        headers: { authorization: `Bearer ${beto.token}`, 'content-type': 'image/png' },
        body: new Uint8Array(PICTURE),
      })
      const { content_uri } = (await upload.json()) as { content_uri: string }
      const path = content_uri.slice('mxc://'.length)
      const get = (what: string) =>
        fetch(`${ana.server.baseUrl}/_matrix/client/v1/media/${what}`, {
          headers: { authorization: `Bearer ${ana.token}` },
        })
      const whole = await get(`download/${path}`)
      expect(whole.status).toBe(200)
      expect(whole.headers.get('content-type')).toBe('image/png')
      expect(whole.headers.get('content-disposition')).toContain('cuadro.png')
      expect(Buffer.from(await whole.arrayBuffer())).toEqual(PICTURE)
      const small = await get(`thumbnail/${path}?width=32&height=32&method=scale`)
      expect(small.status).toBe(200)
      expect(small.headers.get('content-type')).toMatch(/^image\//)
      expect((await small.arrayBuffer()).byteLength).toBeGreaterThan(0)
      const missing = await get(`download/${path}nothing`)
      expect(missing.status).toBe(404)
    })

    test('messages to devices, once each', async () => {
      const { ana, beto } = await together()
      for (const [from, to] of [
        [ana, beto],
        [beto, ana],
      ] as const) {
        const { next_batch } = await sync(to)
        for (const device of ['*', to.deviceId]) {
          const messages = { [to.userId]: { [device]: { from: from.userId } } }
          await as(from, 'PUT', `/sendToDevice/x.test/t${next()}`, { messages })
        }
        const got: Json[] = []
        let since = String(next_batch)
        await eventually('to device', async () => {
          const answer = await as(to, 'GET', `/sync?timeout=100&since=${enc(since)}`)
          since = String(answer['next_batch'])
          got.push(...((answer['to_device'] as { events: Json[] } | undefined)?.events ?? []))
          return got.length >= 2
        })
        expect(got).toEqual([
          { type: 'x.test', sender: from.userId, content: { from: from.userId } },
          { type: 'x.test', sender: from.userId, content: { from: from.userId } },
        ])
      }
    })

    test('a new device of a person is noticed, and gone when it signs out', async () => {
      const { ana, beto } = await together()
      const { next_batch } = await sync(ana)
      let since = String(next_batch)
      const noticed = () =>
        eventually('device list changed', async () => {
          const answer = await as(ana, 'GET', `/sync?timeout=100&since=${enc(since)}`)
          since = String(answer['next_batch'])
          const lists = answer['device_lists'] as { changed?: string[] } | undefined
          return lists?.changed?.includes(beto.userId) ?? false
        })
      const clients = await sdk(beto)
      await noticed()
      const devices = async () => {
        const answer = await as(ana, 'POST', '/keys/query', { device_keys: { [beto.userId]: [] } })
        return Object.keys((answer['device_keys'] as Record<string, Json>)[beto.userId] ?? {})
      }
      await eventually('device known', async () => (await devices()).includes(clients.getDeviceId()!))
      const claimed = await as(ana, 'POST', '/keys/claim', {
        one_time_keys: { [beto.userId]: { [clients.getDeviceId()!]: 'signed_curve25519' } },
      })
      const keys = (claimed['one_time_keys'] as Record<string, Json>)[beto.userId]
      expect(Object.keys(keys?.[clients.getDeviceId()!] as Json)[0]).toMatch(/^signed_curve25519:/)
      clients.stopClient()
      await clients.logout(true)
      await noticed()
      await eventually('device gone', async () => !(await devices()).includes(clients.getDeviceId()!))
    })

    test('an encrypted conversation', async () => {
      const [ana, beto] = await pair()
      const [one, two] = [await sdk(ana), await sdk(beto)]
      try {
        const room = await create(ana, {
          preset: 'private_chat',
          invite: [beto.userId],
          initial_state: [
            { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
          ],
        })
        await eventually('invitation', () => two.getRoom(room)?.getMyMembership() === 'invite')
        await two.joinRoom(room)
        await eventually('both there', () =>
          [one, two].every((client) => client.getRoom(room)?.getJoinedMemberCount() === 2),
        )
        for (const [from, to, body] of [
          [one, two, 'partida de nacimiento'],
          [two, one, 'resolución del juzgado'],
          [one, two, 'recibido'],
        ] as const) {
          await eventually('devices known', async () => {
            const devices = await from.getCrypto()!.getUserDeviceInfo([to.getUserId()!], true)
            return devices.get(to.getUserId()!)?.has(to.getDeviceId()!)
          })
          await from.sendTextMessage(room, body)
          await eventually(`${body} read`, () => texts(to, room).includes(body), 30_000)
        }
        expect(await heard(ana, room)).toEqual([])
      } finally {
        one.stopClient()
        two.stopClient()
      }
    })
  })
})
