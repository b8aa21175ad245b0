/** The store that the configuration names. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { openFolderStore } from './folder-store.ts'
import { pacedStore } from './paced-store.ts'
import { openS3Store } from './s3-store.ts'
import type { BackupPlace, BackupStore } from './types.ts'

/** `backup.to.credentials_file`: JSON, for the node's user alone. */
const credentialsSchema = z.object({ access_key_id: z.string().min(1), secret_access_key: z.string().min(1) })

export type ConfiguredPlace =
  | string
  | { endpoint: string; bucket: string; prefix: string; region: string; credentials_file: string }

export async function placeOf(to: ConfiguredPlace): Promise<BackupPlace> {
  if (typeof to === 'string') return { kind: 'folder', folder: to }
  const { credentials_file: file, ...rest } = to
  const credentials = credentialsSchema.safeParse(
    await readFile(file, 'utf8').then(JSON.parse, () => undefined),
  )
  if (!credentials.success)
    throw new Error(
      `${file} debe ser JSON con "access_key_id" y "secret_access_key" del almacén de respaldos. / ${file} must be JSON with "access_key_id" and "secret_access_key" of the backup store.`,
    )
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = credentials.data
  return { kind: 's3', ...rest, accessKeyId, secretAccessKey }
}

export async function openStore(place: BackupPlace, kibPerSecond?: number): Promise<BackupStore> {
  const store = place.kind === 'folder' ? await openFolderStore(place.folder) : openS3Store(place)
  return kibPerSecond === undefined ? store : pacedStore(store, kibPerSecond * 1024)
}
