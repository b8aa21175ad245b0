import type { Topic } from '@enlace/coordination'
import {
  Baby,
  BookUser,
  FileText,
  Info,
  LifeBuoy,
  type LucideIcon,
  Route,
  ShieldAlert,
  TriangleAlert,
  Undo2,
  Users,
} from 'lucide-react'

/** One icon per topic of the network; its colour is `--topic-<key>` in `styles/tokens.css`. */
export const topicIcons: Record<Topic, LucideIcon> = {
  documentation: FileText,
  minors: Baby,
  returns: Undo2,
  transit: Route,
  international_protection: LifeBuoy,
  trafficking: TriangleAlert,
  operational_alert: ShieldAlert,
  information: Info,
  directory: BookUser,
  meetings: Users,
}

export const isTopic = (key: string): key is Topic => Object.hasOwn(topicIcons, key)
