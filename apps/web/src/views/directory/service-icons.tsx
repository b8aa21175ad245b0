import {
  Baby,
  BriefcaseMedical,
  Bus,
  FileText,
  Gavel,
  HandHeart,
  HeartHandshake,
  House,
  Info,
  Landmark,
  type LucideIcon,
  Plane,
  Scale,
  ShieldCheck,
  Shirt,
  Sprout,
  Stamp,
  Users,
  Utensils,
} from 'lucide-react'

/** A category that is not here yet has the icon of an institution. */
const icons: Record<string, LucideIcon> = {
  food: Utensils,
  shelter: House,
  medical: BriefcaseMedical,
  civil_registration: FileText,
  legal: Scale,
  child_protection: Baby,
  migration: Stamp,
  consular: Landmark,
  transport: Bus,
  psychosocial: HeartHandshake,
  hygiene_clothing: Shirt,
  restoring_family_links: Users,
  human_rights: ShieldCheck,
  return_reception: Plane,
  reintegration: Sprout,
  judicial: Gavel,
  information: Info,
}

/** The order of what is asked for most. */
export const mainServices = Object.keys(icons)

export function ServiceIcon(props: { category: string | undefined }) {
  const Icon = icons[props.category ?? ''] ?? HandHeart
  return <Icon aria-hidden="true" />
}
