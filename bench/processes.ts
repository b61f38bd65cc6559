// CPU time of processes, from /proc. Linux alone; nothing is started or stopped here.
import { readFileSync } from 'node:fs'

/** CPU seconds of every process below this one, itself left out. */
export const cpuBelow = (pid: number): number => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return children === '' ? 0 : children.split(' ').reduce((sum, child) => sum + cpuOfTree(Number(child)), 0)
}

/** CPU seconds of a process and of every process below it. */
export const cpuOfTree = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100 + cpuBelow(pid)
}
