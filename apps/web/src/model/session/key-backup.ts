import type { MatrixClient } from 'matrix-js-sdk'
import { CryptoEvent } from 'matrix-js-sdk/lib/crypto-api/index.js'

/** The library spreads uploads over ten seconds, for servers with very many people. A key that is not uploaded yet is lost with the device. */
const SPREAD_MS = 1_000
/** Whoever signs out waits no longer than this. */
const PATIENCE_MS = 20_000

// Loaded with the encryption itself; imported here it would weigh on the page before that.
const uploads = async () => (await import('matrix-js-sdk/lib/rust-crypto/backup.js')).RustBackupManager

export async function backUpSoon(): Promise<void> {
  Object.defineProperty(await uploads(), 'maxBackupLoopStartDelayMillis', { value: SPREAD_MS })
}

/** Settles when the backup has every key that this device has, or cannot have it. */
export async function backUpNow(client: MatrixClient): Promise<void> {
  const crypto = client.getCrypto()
  const Uploads = await uploads()
  // The library has no public way to ask for this.
  const own = crypto && 'backupManager' in crypto ? crypto.backupManager : undefined
  if (!(own instanceof Uploads) || (await own.getActiveBackupVersion()) === null) return
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      client.off(CryptoEvent.KeyBackupSessionsRemaining, onRemaining)
      client.off(CryptoEvent.KeyBackupFailed, done)
      resolve()
    }
    const onRemaining = (count: number) => {
      if (count === 0) done()
    }
    const timer = setTimeout(done, PATIENCE_MS)
    client.on(CryptoEvent.KeyBackupSessionsRemaining, onRemaining)
    client.on(CryptoEvent.KeyBackupFailed, done)
    void own.maybeUploadKey()
  })
}
