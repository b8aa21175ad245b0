/** The key the server signs with: what partners know it by. */
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { invalidParam } from '../../errors.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

export const keysArea: Area = {
  name: 'keys',
  describe: { es: 'La clave con que firma este servidor', en: 'The key this server signs with' },
  main: 'show',
  commands: [
    command({
      name: 'show',
      describe: {
        es: 'La clave en uso, la preparada y las anteriores; solo la parte pública',
        en: 'The key in force, the one made ready and those before; the public half only',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      run: async (ctx) => ({ keys: shown(ctx) }),
    }),
    command({
      name: 'prepare',
      describe: {
        es: 'Prepara la clave siguiente, sin usarla: para que la coordinación la ponga antes en la lista de la red',
        en: 'Makes the next key ready without using it: so that coordinators can put it on the network’s list first',
      },
      where: 'node',
      input: z.strictObject({}),
      async run(ctx) {
        const { keyId, publicKeyBase64: key } = await ctx.serverKeys.prepare()
        return { key_id: keyId, key, on_list: isVouchedFor(ctx, keyId, key) }
      },
    }),
    command({
      name: 'rotate',
      describe: {
        es: 'Cambia a la clave siguiente. La anterior se publica como retirada: los mensajes viejos siguen siendo comprobables',
        en: 'Changes to the next key. The old one is published as retired: old messages can still be verified',
      },
      where: 'node',
      confirm: {
        es: 'Desde ahora este servidor firma con otra clave, y la de antes se borra. ¿Seguir?',
        en: 'From now on this server signs with another key, and the old one is deleted. Go on?',
      },
      input: z.strictObject({}),
      async run(ctx) {
        const next = await ctx.serverKeys.prepare()
        if (!isVouchedFor(ctx, next.keyId, next.publicKeyBase64))
          throw invalidParam(
            `La lista de la red nombra las claves de este servidor y no esta: los demás rechazarían todo. Pida a la coordinación que agregue ${next.keyId} ${next.publicKeyBase64} y deje la anterior; después repita. / The network’s list names the keys of this server, and not this one: everybody would refuse all it sends. Ask the coordinators to add it and to keep the old one, then repeat.`,
          )
        const { keyId, before } = await ctx.serverKeys.change()
        await ctx.audit.record({ act: 'key.rotate', by: 'operator', on: keyId, facts: { before } })
        return { key_id: keyId, before }
      },
    }),
  ],
}

function shown(ctx: Context) {
  const { current, next, retired } = ctx.serverKeys
  const prepared = next()
  const row = (state: string, key_id: string, key: string) => ({ key_id, state, key })
  return [
    row('current', current.keyId, current.publicKeyBase64),
    ...(prepared ? [row('next', prepared.keyId, prepared.publicKeyBase64)] : []),
    ...Object.entries(retired()).map(([id, old]) => ({
      ...row('retired', id, old.key),
      until: new Date(old.expired_ts).toISOString(),
    })),
  ]
}

/** Where coordinators vouch for keys, only those are believed. */
function isVouchedFor(ctx: Context, keyId: string, key: string): boolean {
  const pinned = ctx.federationList.pinnedKeys(ctx.serverName)
  return !pinned || (Object.hasOwn(pinned, keyId) && pinned[keyId] === key)
}
