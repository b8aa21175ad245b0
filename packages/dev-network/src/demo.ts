/** The demo network's people and places, a contract (ARCHITECTURE.md, "How it is run"). Accounts are roles, never persons. */
import type { Role } from '@enlace/coordination'

export const DEMO_PASSWORD = 'enlace-demo'

export type DemoAccount = { localpart: string; displayName: string; institution: string; role: Role }
export type DemoNode = {
  key: 'hn' | 'gt'
  host: string
  webPort: number
  federationPort: number
  institutions: string[]
  accounts: DemoAccount[]
}

export const REGISTRY_PORT = 7700

export const demoNodes: readonly DemoNode[] = [
  {
    key: 'hn',
    host: 'hn.localhost',
    webPort: 8100,
    federationPort: 8110,
    institutions: ['hn-rnp-sps', 'hn-sreci', 'hn-camr-omoa', 'hn-senaf-corinto'],
    accounts: [
      {
        localpart: 'consulado.hn',
        displayName: 'Consulado de Honduras',
        institution: 'hn-sreci',
        role: 'staff',
      },
      {
        localpart: 'registro.hn',
        displayName: 'Registro civil, San Pedro Sula',
        institution: 'hn-rnp-sps',
        role: 'staff',
      },
      {
        localpart: 'recepcion.hn',
        displayName: 'Recepción de retornados, Omoa',
        institution: 'hn-camr-omoa',
        role: 'staff',
      },
      {
        localpart: 'coordinacion.hn',
        displayName: 'Coordinación Honduras',
        institution: 'hn-sreci',
        role: 'coordinator',
      },
      {
        localpart: 'oficial.hn',
        displayName: 'Oficial de turno Honduras',
        institution: 'hn-senaf-corinto',
        role: 'official',
      },
    ],
  },
  {
    key: 'gt',
    host: 'gt.localhost',
    webPort: 8200,
    federationPort: 8210,
    institutions: [
      'gt-juzgado-ninez-puerto-barrios',
      'gt-renap',
      'gt-casa-del-migrante-entre-rios',
      'gt-sbs',
    ],
    accounts: [
      {
        localpart: 'juzgado.gt',
        displayName: 'Juzgado de la Niñez, Puerto Barrios',
        institution: 'gt-juzgado-ninez-puerto-barrios',
        role: 'staff',
      },
      {
        localpart: 'registro.gt',
        displayName: 'Registro civil, RENAP',
        institution: 'gt-renap',
        role: 'staff',
      },
      {
        localpart: 'albergue.gt',
        displayName: 'Albergue, Entre Ríos',
        institution: 'gt-casa-del-migrante-entre-rios',
        role: 'staff',
      },
      {
        localpart: 'coordinacion.gt',
        displayName: 'Coordinación Guatemala',
        institution: 'gt-sbs',
        role: 'coordinator',
      },
      {
        localpart: 'oficial.gt',
        displayName: 'Oficial de turno Guatemala',
        institution: 'gt-sbs',
        role: 'official',
      },
    ],
  },
]

/** The corridor's space, on the first node; below it a channel of each topic that every corridor has. */
export const demoSpaceAlias = 'puerto-barrios-corinto'
