import {
  type Appointment,
  type Departure,
  fetchAppointments,
  fetchDepartures,
} from '../../model/departures/departures-api.ts'
import type { Session } from '../session/types.ts'

/** Those under way and of the last ninety days, of the coordinator's institution. */
export const departuresOf = (session: Session): Promise<Departure[]> => fetchDepartures(session.request)

/** Whom the network appointed, and whether it is the person themself. */
export const appointmentsOf = (
  session: Session,
): Promise<{ appointments: Appointment[]; mine: string | null }> => fetchAppointments(session.request)
