/** A process for crash tests: serves the folder it is given, tells the address, and waits to be killed. */
import { startEmbeddedMongo } from './index.ts'

const server = await startEmbeddedMongo({ path: process.argv[2]! })
process.stdout.write(`${server.uri}\n`)
