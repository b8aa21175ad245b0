/**
 * Departments of Honduras and Guatemala by the number that identity numbers carry, and how many municipalities each has:
 * 298 in Honduras, 340 in Guatemala. Municipalities are numbered from 01 without holes in both countries.
 */

export interface Department {
  name: string
  municipalities: number
}

const list = (text: string): readonly Department[] =>
  text.split('\n').map((line) => {
    const [name = '', count] = line.split(':')
    return { name: name.trim(), municipalities: Number(count) }
  })

/** In the order of their numbers, from 01. */
export const departments: Readonly<Record<'HN' | 'GT', readonly Department[]>> = {
  HN: list(`Atlántida: 8
    Colón: 10
    Comayagua: 21
    Copán: 23
    Cortés: 12
    Choluteca: 16
    El Paraíso: 19
    Francisco Morazán: 28
    Gracias a Dios: 6
    Intibucá: 17
    Islas de la Bahía: 4
    La Paz: 19
    Lempira: 28
    Ocotepeque: 16
    Olancho: 23
    Santa Bárbara: 28
    Valle: 9
    Yoro: 11`),
  // With those founded since 2010: Petatán, La Blanca, San José La Máquina, San Jorge, Sipacate, El Chal, Las Cruces, Raxruhá.
  GT: list(`Guatemala: 17
    El Progreso: 8
    Sacatepéquez: 16
    Chimaltenango: 16
    Escuintla: 14
    Santa Rosa: 14
    Sololá: 19
    Totonicapán: 8
    Quetzaltenango: 24
    Suchitepéquez: 21
    Retalhuleu: 9
    San Marcos: 30
    Huehuetenango: 33
    Quiché: 21
    Baja Verapaz: 8
    Alta Verapaz: 17
    Petén: 14
    Izabal: 5
    Zacapa: 11
    Chiquimula: 11
    Jalapa: 7
    Jutiapa: 17`),
}
