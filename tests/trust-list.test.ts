import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { login, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decide } from './support/coordinators.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** The trust list on a running network: coordinators decide with their tool, nodes follow. */
let network: TestNetwork
let coordinator: Session

beforeAll(async () => {
  network = await startTestNetwork({ withoutChannels: true, nodeConfig: { rate_limits: 'off' } })
  coordinator = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
})
afterAll(() => network?.dispose())

type Report = {
  list_version: number
  usable: boolean
  signatures_needed: number
  alarms: { kind: string; from: string }[]
  coordinators: { country: string }[]
}
const report = () =>
  matrixRequest(
    coordinator.baseUrl,
    'GET',
    '/_enlace/client/v1/trust',
    undefined,
    coordinator.accessToken,
  ) as Promise<unknown> as Promise<Report>

/** What the Honduran node answers about somebody there; nobody twice, since answers are kept for a while. */
const lookUp = async (person: string): Promise<{ status: number }> => {
  const user = encodeURIComponent(`@${person}:${network.gt.serverName}`)
  const response = await fetch(`${network.hn.baseUrl}/_matrix/client/v3/profile/${user}`, {
    headers: { authorization: `Bearer ${coordinator.accessToken}` },
  })
  return { ...((await response.json()) as object), status: response.status }
}

test('9.1: a suspension signed by one of each country reaches the nodes, and so does the readmission', async () => {
  expect(await report()).toMatchObject({ usable: true, list_version: 1, signatures_needed: 2, alarms: [] })
  expect((await report()).coordinators.map(({ country }) => country).sort()).toEqual(['GT', 'GT', 'HN', 'HN'])
  expect(await lookUp('registro.gt')).toMatchObject({ status: 200 })
  await decide(network, 'suspend', network.gt.serverName)
  await eventually('the node has it', async () => (await report()).list_version === 2)
  expect((await lookUp('juzgado.gt')).status).toBeGreaterThanOrEqual(400)
  await decide(network, 'readmit', network.gt.serverName)
  await eventually('the node has that too', async () => (await report()).list_version === 3)
  expect(await lookUp('albergue.gt')).toMatchObject({ status: 200 })
})

test('9.1: nodes go on without the registry, also after a restart, and it comes back as it was', async () => {
  await network.registry.stop()
  await network.hn.process.stop()
  await network.hn.restart()
  coordinator = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  expect(await report()).toMatchObject({ usable: true, list_version: 3, alarms: [] })
  expect(await lookUp('oficial.gt')).toMatchObject({ status: 200 })
})
