/** A node of the demo network: a homeserver like any other, that accepts the demo password and makes the demo accounts. */
import { readFile } from 'node:fs/promises'
import { runHomeserver } from '@enlace/homeserver/run'
import { DEMO_PASSWORD, type DemoAccount } from './demo.ts'

const [configFile, accountsFile, webRoot] = process.argv.slice(2)
if (!configFile || !accountsFile) throw new Error('node-main CONFIG ACCOUNTS [WEB_ROOT]')
const accounts = JSON.parse(await readFile(accountsFile, 'utf8')) as DemoAccount[]

await runHomeserver(configFile, {
  webRoot,
  overrides: { runtime: () => ({ allowDemoPassword: true, escalationPace: 1 }) },
  async beforeListening(ctx) {
    for (const { localpart, ...account } of accounts) {
      if (await ctx.accounts.exists(`@${localpart}:${ctx.serverName}`)) continue
      await ctx.accounts.create({ localpart, password: DEMO_PASSWORD, ...account })
    }
  },
})
