/** What an institution signs under its own key about a package: not a file of the network, and of no use as one. */
import { type SigningKey, signText } from '@enlace/trust/browser'
import { ATTESTATION_TYPE, type Attestation, attestationSchema } from './format.ts'

export async function attest(
  about: { institution: string; exportId: string; manifestSha256: string },
  key: SigningKey,
): Promise<Attestation> {
  const signed = {
    _type: ATTESTATION_TYPE,
    institution: about.institution,
    export_id: about.exportId,
    manifest_sha256: about.manifestSha256,
  }
  return attestationSchema.parse(JSON.parse(await signText(signed, [key])))
}
