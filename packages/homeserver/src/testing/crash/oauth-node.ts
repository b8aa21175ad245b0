/** For the crash test of oauth/: gives out codes, has one of them taken, says so, and waits to be killed. */
import { PASSWORD, startTestNode } from '../node.ts'
import {
  allow,
  authorizeUrl,
  CLIENT,
  codeIn,
  newVerifier,
  oauthSession,
  pageBrowser,
  registerClient,
} from '../oauth.ts'

const [dataDir] = process.argv.slice(2)
const node = await startTestNode({}, { dataDir: dataDir! })
await node.ctx.accounts.create({ localpart: 'ana', password: PASSWORD })
const { id } = await registerClient(node)
const taken = await oauthSession(node, 'ana', 'CRASHED001', id)
const { verifier, challenge } = newVerifier()
// The address is another one after the restart: what was given out does not depend on it.
const back = await allow(
  pageBrowser(node.url),
  authorizeUrl(node, id, { device: 'CRASHED002', challenge }),
  'ana',
)
const waiting = {
  grant_type: 'authorization_code',
  code: codeIn(back),
  client_id: id,
  redirect_uri: CLIENT.redirect_uris[0]!,
  code_verifier: verifier,
}
const said = {
  taken: taken.form,
  token: taken.token,
  refresh: taken.refresh,
  client: id,
  waiting,
  at: Date.now(),
}
process.stdout.write(`${JSON.stringify(said)}\n`)
setInterval(() => {}, 1_000)
