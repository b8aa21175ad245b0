import { strToU8, zipSync } from 'fflate'
import type { Tables } from '../hsds/tables.ts'
import { type PackageFiles, toDataPackage } from '../hsds/tabular.ts'

/** A tabular data package as one file. */
export function dataPackageZip(tables: Tables): Uint8Array {
  const files: PackageFiles = toDataPackage(tables)
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])), {
    level: 6,
  })
}
