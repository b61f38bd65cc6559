// The families that checks belong to, by the letter of their code: how a report that is read at a glance is ordered.
// Not the order of the poll, which is by cost and by what builds on what.
import { type Finding, type FindingCode, ownCode } from '../contract/index.ts'

const names: ReadonlyMap<string, string> = new Map([
  ['C', 'configuration'],
  ['D', 'data'],
  ['I', 'initial loss'],
  ['O', 'optimisation'],
  ['V', 'validation'],
  ['K', 'checkpoints'],
  ['S', 'seeds'],
  ['T', 'training'],
  ['M', 'memory and time'],
  ['P', 'several processes'],
  ['F', 'forecast'],
])

/** `checkpoints`; a check of the project's own belongs to its own family, a letter that is new to its own. */
export const familyOf = (code: FindingCode): string =>
  ownCode.safeParse(code).success ? 'own' : (names.get(code[0] ?? '') ?? (code[0] as string))

/** The findings by family, families in the order above, in each by code. */
export const byFamily = (findings: readonly Finding[]): [string, Finding[]][] => {
  const order = [...names.values(), 'own']
  const place = (family: string) => (order.includes(family) ? order.indexOf(family) : order.length)
  const sorted = findings.toSorted((a, b) => a.check.localeCompare(b.check, 'en', { numeric: true }))
  return [...Map.groupBy(sorted, ({ check }) => familyOf(check))].sort(([a], [b]) => place(a) - place(b))
}
