// Builds dist/ from src/: a clean folder, then the compiler, then the page of the board.
// No bundler but for that page: one file in, one file out, so that stack traces and imports stay as they are written.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { buildBoard } from './build-board.ts'

rmSync('dist', { recursive: true, force: true })
const compiler = 'node_modules/@typescript/native/bin/tsc'
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
process.exitCode = status ?? 1
if (status === 0) await buildBoard('dist/board/client')
