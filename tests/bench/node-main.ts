/** A node under measure: the program an operator runs, told to stop by its parent. */
import { runHomeserver } from '@enlace/homeserver/run'

await runHomeserver(process.argv[2]!)
