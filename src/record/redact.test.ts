// Secrets that must go, and text that must stay.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact, redactArguments } from './redact.ts'

// Put together here so that no scanner takes this file for a leak.
const j = (...parts: string[]) => parts.join('')
const aws = j('AKIA', 'IOSFODNN7EXAMPLE')
const github = j('ghp_', 'abcdefghijklmnopqrstuvwxyz0123456789')
const base64 = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'

test.each<[string, string, string]>([
  ['an AWS key', `+aws_access_key_id = ${aws}`, aws],
  ['an AWS secret', `+aws_secret_access_key = ${j('wJalrXUtnFEMI', '/K7MDENG/bPxRfiCYEXAMPLEKEY')}`, 'wJalr'],
  ['a GitHub token alone', `see ${github}.`, github],
  ['a GitHub fine-grained token', j('github_pat_', '11ABCDEFG0abcdefghijkl_mnopqrstuvwx'), '11ABCDEFG'],
  ['a GitLab token', j('glpat-', 'abcdEFGH1234-ijkl_mn'), 'abcdEFGH'],
  ['a Hugging Face token', j('hf_', 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'), 'AbCdEf'],
  ['an OpenAI key', j('sk-', 'proj-abcdefghijklmnopqrstuvwx_1234'), 'abcdefgh'],
  ['a Slack token', j('xoxb-', '1234567890-abcdefghijkl'), '1234567890'],
  ['a Google key', j('AIza', 'SyA1234567890abcdefghijklmnopqrstuv'), 'SyA123'],
  ['an npm token', j('npm_', 'abcdefghijklmnopqrstuvwxyz0123456789'), 'abcdefgh'],
  ['a JWT', j('eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVm'), 'dozjgNry'],
  ['a bearer', 'Authorization: Bearer abc.def-ghi_jkl', 'abc.def'],
  ['a password in YAML', 'password: hunter2', 'hunter2'],
  ['a password in JSON', '{"db_password": "correct horse \\" battery", "port": 1}', 'horse'],
  ['a password in Python', "conn = connect(password='hunter2', port=1)", 'hunter2'],
  ['a token in an environment file', '+WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567', '0123456789abcdef'],
  ['a token in os.environ', 'os.environ["HF_TOKEN"] = "value-of-it"', 'value-of-it'],
  ['a token in a query', 'https://api.example.org/x?page=1&access_token=abcdef123456&z=2', 'abcdef123456'],
  ['a URL with user and password', 'url = https://me:s3cr3t@example.org/x.git', 's3cr3t'],
  ['a URL with a token alone', `https://${github}@example.org/x`, github],
  ['a password with an @', 'postgres://admin:p@ss@db.internal:5432/x', 'ss@db'],
  ['a netrc line', 'machine example.org login me password hunter2', 'hunter2'],
  ['a password in triple quotes', 'password = """hunter2"""', 'hunter2'],
  ['a password whose quote does not end', 'password = "hunter2', 'hunter2'],
  ['the rest of a password that holds a token', `password=${github}!rest`, 'rest'],
  ['a flag', 'train.py --hf-token abcdefgh --epochs 3', 'abcdefgh'],
  ['a flag with =', 'train.py --api-key=abcdefgh', 'abcdefgh'],
])('%s goes', (_, text, secret) => {
  expect(redact(text)).toContain('[redacted]')
  expect(redact(text)).not.toContain(secret)
})

test('a PEM block goes, within a diff, cut short, and from its middle', () => {
  const head = j('-----BEGIN RSA ', 'PRIVATE KEY-----')
  const foot = j('-----END RSA ', 'PRIVATE KEY-----')
  const whole = `+a\n+${head}\n+${base64}\n+${base64}\n+abc=\n+${foot}\n+b\n`
  expect(redact(whole)).toBe(`+a\n+${head} [redacted] ${foot}\n+b\n`)
  expect(redact(`${head}\n${base64}\nabcd`)).toBe(`${head} [redacted] `)
  expect(redact(` ${base64}\n-${base64}\n+${base64.slice(0, 61)}=\n`)).toBe(' [redacted]\n-[redacted]\n+[redacted]\n')
})

test.each([
  'num_tokens = 512',
  'tokens: 4096',
  'tokenizer = load("bpe")',
  'max_token = 128',
  'secretary = "Ada"',
  'password: null',
  'use_auth_token=False',
  'git@github.com:gonogo/gonogo.git',
  'ssh://git@example.org/x.git',
  'https://example.org/path?page=2',
  'index 3a5f0c1..9b2d7e4 100644',
  'commit 0123456789abcdef0123456789abcdef01234567',
  '  "integrity": "sha512-abcdefghijklmnopqrstuvwxyz"',
  'learning_rate: 2e-3',
  'key = jax.random.key(0)',
  'mask-[redacted]',
  'sk_learn = 1',
])('%s stays', (text) => {
  expect(redact(text)).toBe(text)
})

test('whatever stands around it, a secret goes; lines stay lines', () => {
  const planted = [
    'password=Zx9Zx9Zx9q',
    '"api_key": "Zx9Zx9Zx9q"',
    'http://a:Zx9Zx9Zx9q@b/',
    '\n--secret Zx9Zx9Zx9q',
    aws,
    github,
  ]
  const around = fc.constantFrom('password=', 'token: ', '://', '@', '\n', '"', "'", '/', '= ', 'null', '{', '--token ')
  const piece = fc.oneof(fc.string(), around, fc.constantFrom(...planted))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const clean = redact(parts.join(' '))
      expect(clean).not.toContain('Zx9Zx9Zx9q')
      expect(clean).not.toContain(aws.slice(4))
      expect(clean).not.toContain(github.slice(4))
      expect(clean.split('\n').length).toBe(parts.join(' ').split('\n').length)
    }),
    { numRuns: 1000 },
  )
})

test('long lines take no long time', () => {
  for (const text of [
    'a'.repeat(300_000),
    '-'.repeat(300_000),
    'token'.repeat(50_000),
    `"${'\\'.repeat(300_000)}`,
    'a_'.repeat(150_000),
    'http://'.repeat(40_000),
    'key-'.repeat(70_000),
  ]) {
    const start = performance.now()
    redact(text)
    expect(performance.now() - start, text.slice(0, 9)).toBeLessThan(1000)
  }
})

test('a command line: the argument after a secret flag', () => {
  expect(
    redactArguments(['node', 'train', '--hf-token', 'abc', '--password=x1', '--epochs', '3', '--token', '--json']),
  ).toEqual([
    'node',
    'train',
    '--hf-token',
    '[redacted]',
    '--password=[redacted]',
    '--epochs',
    '3',
    '--token',
    '--json',
  ])
})
