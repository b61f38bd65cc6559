// Takes secrets out of text that a run keeps for ever: diffs, remote URLs, command lines.
// Errs towards taking out too much; it cannot know a secret that looks like nothing.

/** Name of a setting whose value is a secret: DB_PASSWORD, hf_token, "api-key". Not tokens, tokenizer, secretary. */
const name = String.raw`[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|client[_-]?secret|credentials?|auth[_-]?key|authorization)(?:[_-](?:id|key|value|text|b64|base64|prod|dev|test|\d+))*`

const mask = '[redacted]'

// Numbers, booleans and empty values of a key like `pad_token` are no secrets.
const harmless = /^(?:true|false|null|none|undefined|nil|-?\d{1,6}(?:\.\d+)?)$/i

type Rule = { readonly find: RegExp; readonly put: string | ((...match: string[]) => string) }

const rules: readonly Rule[] = [
  // PEM, also inside a diff (each line prefixed), also cut before its end.
  {
    find: /(-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----)[\s\S]*?(?:(-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----)|$(?![\s\S]))/g,
    put: (_, begin = '', end = '') => `${begin} ${mask} ${end ?? ''}`,
  },
  // The middle of a key in a diff's context: lines of nothing but base64.
  { find: /^([ +-]?\s*["']?)[A-Za-z0-9+/]{60,}={0,2}(?=["',\\n]*\s*$)/gm, put: (_, lead = '') => `${lead}${mask}` },
  // scheme://user:password@host, scheme://token@host; a bare `git@` names no secret.
  {
    find: /\b([a-z][a-z0-9+.-]{1,20}:\/\/)([^\s/@"'<>]+)@/gi,
    put: (_, scheme = '', user = '') => (user === 'git' ? `${scheme}git@` : `${scheme}${mask}@`),
  },
  { find: /\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b/g, put: mask },
  { find: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, put: mask },
  { find: /\bgl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_.-]{16,}/g, put: mask },
  { find: /\bhf_[A-Za-z0-9]{20,}/g, put: mask },
  { find: /\b(?:sk|pk|rk)[-_](?:[a-z]+[-_]){0,3}[A-Za-z0-9_-]{16,}/g, put: mask },
  { find: /\bxox[a-z]-[A-Za-z0-9-]{10,}/g, put: mask },
  { find: /\bAIza[0-9A-Za-z_-]{30,}/g, put: mask },
  { find: /\bya29\.[0-9A-Za-z_-]{20,}/g, put: mask },
  { find: /\bnpm_[A-Za-z0-9]{30,}/g, put: mask },
  { find: /\bpypi-[A-Za-z0-9_-]{30,}/g, put: mask },
  { find: /\bdckr_pat_[A-Za-z0-9_-]{16,}/g, put: mask },
  { find: /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g, put: mask },
  { find: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, put: mask },
  { find: /\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=-]{8,}/g, put: (_, kind = '') => `${kind} ${mask}` },
  // .netrc: machine … login … password …
  { find: /\b(machine\s+\S+\s+login\s+\S+\s+password\s+)\S+/gi, put: (_, lead = '') => `${lead}${mask}` },
  // --password value, --hf-token value
  {
    find: new RegExp(String.raw`(--?${name}[ \t]+)(?!-)("[^"\n]*"|'[^'\n]*'|[^\s"']+)`, 'gi'),
    put: (_, lead = '') => `${lead}${mask}`,
  },
  // name = value, name: "value", "name": "value", ?name=value&
  {
    find: new RegExp(
      String.raw`(\b${name}["']?\]?[ \t]*(?::=|=>|[:=])[ \t]*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s"'&,;{}()]+)`,
      'gi',
    ),
    put: (whole, lead = '', value = '') => {
      const bare = value.replace(/^["']|["']$/g, '')
      return bare === '' || bare === mask || bare.startsWith('[redacted') || harmless.test(bare)
        ? whole
        : `${lead}${mask}`
    },
  },
]

/** The text with every secret that can be recognised replaced by `[redacted]`. */
export const redact = (text: string): string =>
  rules.reduce((t, { find, put }) => (typeof put === 'string' ? t.replace(find, put) : t.replace(find, put)), text)

const flag = new RegExp(`^--?${name}$`, 'i')

/** The same for a command line, where a secret may stand in the argument after its flag. */
export const redactArguments = (args: readonly string[]): string[] =>
  args.map((arg, i) => (flag.test(args[i - 1] ?? '') && !arg.startsWith('-') ? mask : redact(arg)))
