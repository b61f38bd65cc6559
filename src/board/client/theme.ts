// Light, dark, or as the reader's system is; kept in this browser.
// Not the colours: base.css.
import { useEffect, useState } from 'preact/hooks'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const key = 'gonogo-theme'

/** A browser may refuse to keep anything. */
const kept = (): Theme => {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? 'system'
  } catch {
    return 'system'
  }
}

/** `shown`: changes whenever what is seen does, so that a canvas is drawn anew. */
export const useTheme = () => {
  const [theme, setTheme] = useState<Theme>(kept)
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const changed = () => setDark(system.matches)
    system.addEventListener('change', changed)
    return () => system.removeEventListener('change', changed)
  }, [])
  const shown = theme === 'system' ? (dark ? 'dark' : 'light') : theme
  // before anything reads a colour
  document.documentElement.dataset.theme = shown
  const next = () => {
    const chosen = themes[(themes.indexOf(theme) + 1) % themes.length]!
    try {
      localStorage.setItem(key, chosen)
    } catch {}
    setTheme(chosen)
  }
  return { theme, shown, next }
}
