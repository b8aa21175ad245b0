import { v5 } from 'uuid'

/** Namespace of every ID this project derives. */
const namespace = '6f1c1f0e-9d6b-4c0f-8f4f-6f0b7f0a3d52'

/**
 * A UUID version 5 (RFC 9562 §5.5), always the same for the same name, e.g. `organization/gt-renap`: records keep
 * their identity when they are loaded again, on any machine.
 */
export const stableId = (name: string): string => v5(name, namespace)

/** The HSDS organization's ID of an institution. */
export function organizationIdOf(institutionKey: string): string {
  return stableId(`organization/${institutionKey}`)
}
