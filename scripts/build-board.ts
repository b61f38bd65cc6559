// Builds the page of the board: src/board/client → a folder of static files, with the licences of what is bundled into them.
// Not the server, which the compiler makes like everything else.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'

const bundled = ['preact', 'uplot']

export const buildBoard = async (out: string): Promise<void> => {
  const root = path.resolve('src/board/client')
  await build({
    configFile: false,
    root,
    base: '/',
    logLevel: 'warn',
    // types are checked by `npm run types`
    build: {
      outDir: path.resolve(out),
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: false,
      reportCompressedSize: false,
    },
  })
  const licences = bundled.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim()}\n`)
  writeFileSync(path.join(out, 'licences.txt'), licences.join('\n'))
}
