// What a person waits for to be told of a wrong key: a real process, from nothing, beside one that loads the libraries alone.
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { minimal, standIn } from './folder.fixture.ts'

const here = standIn()
const room = fileURLToPath(new URL('index.ts', import.meta.url))

const cpuOf = (body: string): { told: string; spent: number } => {
  const program = `${body}\nconst { user, system } = process.cpuUsage()\nconsole.log((user + system) / 1e6)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  const lines = stdout.trim().split('\n')
  return { told: lines.length > 1 ? (lines[0] ?? '') : '', spent: Number(lines.at(-1)) }
}

test('a wrong key is told with little beside the libraries that read it', async () => {
  await writeFile(join(here.path, 'a.run.yaml'), minimal('sed: 3\n'))
  const libraries = ['yaml', 'zod']
    .map((name) => `await import(${JSON.stringify(import.meta.resolve(name))})`)
    .join('\n')
  const reading = `const { readRunFile } = await import(${JSON.stringify(room)})
    await readRunFile('a.run.yaml').catch((error) => console.log(error.code, error.try))`
  const ratios = Array.from({ length: 5 }, () => {
    const bare = cpuOf(libraries)
    const ours = cpuOf(reading)
    expect(ours.told).toBe('CONFIG_UNKNOWN_KEY seed')
    return ours.spent / bare.spent
  })
  // CPU time of one beside the other, the best of five: what the code costs, whatever else the machine does
  expect(Math.min(...ratios)).toBeLessThan(6)
  console.info(`a wrong key costs ${Math.min(...ratios).toFixed(2)} times what its libraries cost`)
})
