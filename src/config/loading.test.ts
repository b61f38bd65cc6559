// How long a person waits to be told of a wrong key: a real process, from nothing.
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { minimal, standIn } from './folder.fixture.ts'

const here = standIn()
const room = fileURLToPath(new URL('index.ts', import.meta.url))

test('a wrong key is told well within 400 ms of starting a process', async () => {
  await writeFile(join(here.path, 'a.run.yaml'), minimal('sed: 3\n'))
  const program = `
    const { readRunFile } = await import(${JSON.stringify(room)})
    await readRunFile('a.run.yaml').catch((error) => console.log(error.code, error.try))
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1e6)`
  const seconds = Array.from({ length: 5 }, () => {
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    const [told, spent] = stdout.split('\n')
    expect(told).toBe('CONFIG_UNKNOWN_KEY seed')
    return Number(spent)
  })
  // CPU time, the best of five: what the code costs, not what else the machine does
  expect(Math.min(...seconds)).toBeLessThan(0.4)
  console.info(`a wrong key is told after ${Math.min(...seconds).toFixed(3)} s of CPU time`)
})
