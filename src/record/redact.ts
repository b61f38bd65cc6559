// Takes secrets out of text that a run keeps for ever: diffs, remote URLs, command lines.
// Errs towards taking out too much; it cannot know a secret that looks like nothing. Linear in the length of the text.

const mask = '[redacted]'

/** How the name of a secret setting ends: DB_PASSWORD, hf_token, "api-key". Not tokens, tokenizer, secretary. */
const name = String.raw`(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|auth[_-]?key|credentials?|authorization)(?:[_-](?:id|key|value|text|b64|base64|prod|dev|test|\d{1,4})){0,3}`
/** Quoted, also where the line ends before the quote does, or up to the next delimiter. */
const one = String.raw`(?:"""[^"\n]*"{0,3}|'''[^'\n]*'{0,3}|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[^\s"'&,;{}()]+)`
// An empty `password=` before another key and its value takes both.
const value = String.raw`(${one}(?:[ \t]*[:=]{1,2}[ \t]*${one}){0,3})`

// What a key like `pad_token` holds in a training script is no secret.
const harmless = /^(?:|true|false|null|none|undefined|nil|-?\d{1,6}(?:\.\d+)?|\[redacted\])$/i

// Each begins with something rare and repeats nothing twice, so that no text makes it slow.
const tokens: readonly RegExp[] = [
  /(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16,}/g, // AWS
  /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}/g,
  /\bgl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_.-]{16,}/g, // GitLab
  /\bhf_[A-Za-z0-9]{20,}/g, // Hugging Face
  /\bsk-[A-Za-z0-9_-]{16,}|\b[spr]k_(?:live|test)_[A-Za-z0-9]{10,}/g, // OpenAI, Anthropic, Stripe
  /\bxox[a-z]-[A-Za-z0-9-]{10,}/g, // Slack
  /\bAIza[0-9A-Za-z_-]{30,}|\bya29\.[0-9A-Za-z_-]{20,}/g, // Google
  /\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bdckr_pat_[A-Za-z0-9_-]{16,}/g, // package registries
  /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g, // SendGrid
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, // JSON web tokens
]

// PEM, also inside a diff, where each line has a prefix, and also cut before its end.
const pem =
  /(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----)[\s\S]*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----|$(?![\s\S]))/g
// The middle of a key in a diff's context: lines of nothing but base64.
const base64Line = /^([ +-]?[ \t]*["']?)[A-Za-z0-9+/]{60,}={0,2}(?=["',\\n]{0,4}[ \t\r]*$)/gm
const urlUser = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)([^\s/"'<>]{1,1000})@/gi
const bearer = /\b(Bearer|Basic|Token)[ \t]+[A-Za-z0-9._~+/=-]{8,}/g
const netrc = /\b(login[ \t]+\S{1,200}[ \t]+password[ \t]+)\S+/gi
const assignment = new RegExp(String.raw`(${name}["']?\]?[ \t]*(?:=>|[:=]{1,2})[ \t]*)${value}`, 'gi')
const flagged = new RegExp(String.raw`(${name}[ \t]+)(?!-)${value}`, 'gi')
const flagBefore = /(?:^|[\s"'=])--?[\w.-]*$/

/** The text with every secret that can be recognised replaced by `[redacted]`. */
export const redact = (text: string): string => {
  let clean = text
    .replace(pem, (_, begin: string, end: string) => `${begin} ${mask} ${end}`)
    .replace(base64Line, (_, lead: string) => lead + mask)
    // A bare `git@` names no secret.
    .replace(urlUser, (_, scheme: string, user: string) => `${scheme}${user === 'git' ? user : mask}@`)
  for (const token of tokens) clean = clean.replace(token, mask)
  return clean
    .replace(bearer, (_, kind: string) => `${kind} ${mask}`)
    .replace(netrc, (_, lead: string) => lead + mask)
    .replace(flagged, (whole, lead: string, _value: string, at: number, all: string) =>
      flagBefore.test(all.slice(Math.max(0, at - 64), at)) ? lead + mask : whole,
    )
    .replace(assignment, (whole, lead: string, given: string) =>
      harmless.test(given.replace(/^["']+|["']+$/g, '')) ? whole : lead + mask,
    )
}

const flag = new RegExp(`^--?[\\w.-]{0,64}?${name}$`, 'i')

/** The same for a command line, where a secret may stand in the argument after its flag. */
export const redactArguments = (args: readonly string[]): string[] =>
  args.map((arg, i) => (flag.test(args[i - 1] ?? '') && !arg.startsWith('-') ? mask : redact(arg)))
