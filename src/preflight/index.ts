// The preflight room: the poll and its checks. Wording for people lies in report/.
export type { Check, Outcome } from './check.ts'
export type { Checked, ConfigIssue, Polling } from './context.ts'
export { refuseUnknownChecks } from './own.ts'
export { poll } from './poll.ts'
export { livesAlone, weightBytes } from './room.ts'
export { settingOf } from './waivers.ts'
