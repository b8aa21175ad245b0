/** Reads tables and works out what they change, apart from the page. */
import { planImport, readTable } from '@enlace/directory/lists'
import type { PlanRequest } from './types.ts'

type Asked = { id: number; read: ArrayBuffer } | { id: number; plan: PlanRequest }

const here = globalThis as unknown as {
  postMessage(message: unknown): void
  onmessage: ((event: MessageEvent<Asked>) => void) | null
}

here.onmessage = ({ data }) => {
  try {
    if ('read' in data) here.postMessage({ id: data.id, answer: readTable(new Uint8Array(data.read)) })
    else {
      const { sheet, mapping, leftOut, remove, ...options } = data.plan
      const plan = planImport(sheet, mapping, {
        ...options,
        leftOut: new Set(leftOut),
        remove: new Set(remove),
        onProgress: (done, of) => here.postMessage({ id: data.id, progress: [done, of] }),
      })
      const institutions = plan.institutions.map(({ entry: _entry, ...each }) => each)
      here.postMessage({ id: data.id, answer: { ...plan, institutions } })
    }
  } catch (error) {
    here.postMessage({ id: data.id, failed: error instanceof Error ? error.message : String(error) })
  }
}
