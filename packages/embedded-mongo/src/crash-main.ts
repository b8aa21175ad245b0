/**
 * A process for crash tests: serves the folder it is given, tells the address, and waits to be killed.
 * Arguments: folder, and where they matter the socket's path and the bytes kept back on the disk.
 */
import { startEmbeddedMongo } from './index.ts'

const [folder, socketPath, reserveBytes] = process.argv.slice(2)
const server = await startEmbeddedMongo({
  path: folder!,
  ...(socketPath ? { socketPath } : {}),
  ...(reserveBytes ? { reserveBytes: Number(reserveBytes) } : {}),
})
process.stdout.write(`${server.uri}\n`)
