// How text is to look: columns, colours, and the words that start gonogo. Given by the caller, so that text is a function of data.
// Not terminal detection: NO_COLOR, TTY and width are read in cli/.
import picocolors from 'picocolors'

/** Colours by meaning. Words carry every verdict; colour repeats it. */
export type Colour = Readonly<Record<'go' | 'warn' | 'noGo' | 'muted' | 'accent' | 'bold', (text: string) => string>>

export type Look = {
  readonly columns: number
  readonly colour: Colour
  /** What a person types to start gonogo: `gonogo`, `npx gonogo`. */
  readonly command: string
}

export const colours = (on: boolean): Colour => {
  const c = picocolors.createColors(on)
  return {
    go: (text) => c.bold(c.green(text)),
    warn: (text) => c.bold(c.yellow(text)),
    noGo: (text) => c.bold(c.red(text)),
    muted: (text) => c.dim(text),
    accent: (text) => c.cyan(text),
    bold: (text) => c.bold(text),
  }
}

export const plain: Look = { columns: 100, colour: colours(false), command: 'gonogo' }

/** A command of ours as it can be typed here: `gonogo runs` → `npx gonogo runs`. Other text stays. */
export const typed = (text: string, look: Look): string => text.replace(/^gonogo(?= )/, look.command)
