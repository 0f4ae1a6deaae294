// What the bench of patterns reads and looks for: a log of requests as an API sees them, and fifty rules of the kind that
// a web application firewall has.

/** Searched for with the flag `i`. Almost none of them matches, so that both sides read all of the text. */
export const RULES: readonly string[] = [
  'union\\s+(?:all\\s+)?select\\s',
  'select\\s+[\\w*,]{1,40}\\s+from\\s+information_schema',
  ';\\s*drop\\s+table',
  "'\\s*or\\s+'?\\d+'?\\s*=\\s*'?\\d+",
  'waitfor\\s+delay',
  'benchmark\\s*\\(\\s*\\d+',
  'sleep\\s*\\(\\s*\\d+\\s*\\)',
  'load_file\\s*\\(',
  'into\\s+(?:out|dump)file',
  'xp_cmdshell',
  '<script[\\s>]',
  'javascript:\\s*\\w',
  'on(?:error|load|click|mouseover)\\s*=\\s*["\']',
  '<iframe\\s',
  'document\\.(?:cookie|location)',
  'eval\\s*\\(\\s*(?:atob|unescape)',
  'expression\\s*\\(\\s*\\w+',
  'vbscript:',
  'data:text/html',
  'srcdoc\\s*=',
  '(?:\\.\\./){3,}',
  '%2e%2e(?:%2f|/)',
  '/etc/(?:passwd|shadow|group)\\b',
  '/proc/self/(?:environ|cmdline)',
  'c:\\\\windows\\\\system32',
  'boot\\.ini',
  'web\\.config\\b',
  '\\.htaccess\\b',
  '\\.git/(?:config|HEAD)',
  'wp-(?:config|login)\\.php\\.bak',
  'php://(?:input|filter)',
  'expect://\\w',
  'phar://\\w',
  'base64_decode\\s*\\(',
  'shell_exec\\s*\\(',
  'passthru\\s*\\(',
  '\\$\\{jndi:(?:ldap|rmi|dns)',
  '\\(\\)\\s*\\{\\s*:;\\s*\\}',
  'runtime\\.getruntime\\(\\)',
  'processbuilder\\s*\\(',
  '__proto__\\s*[\\]=:]',
  'constructor\\[.?prototype',
  '\\{\\{\\s*\\d+\\s*\\*\\s*\\d+\\s*\\}\\}',
  '<!entity\\s+\\w+\\s+system',
  '\\bsqlmap/\\d',
  '\\b(?:nikto|nessus|acunetix)\\b',
  '\\b(?:masscan|zgrab)\\b',
  'AKIA[0-9A-Z]{16}',
  '-----BEGIN (?:RSA )?PRIVATE KEY',
  '169\\.254\\.169\\.254',
];

const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const PATHS = [
  '/api/v1/orders',
  '/users/42/profile',
  '/search',
  '/static/app.3f9a.js',
  '/über/größe',
  '/login',
];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15',
  'curl/8.5.0',
  'okhttp/4.12.0',
];
const BODIES = [
  '{"order":{"id":1047,"items":[{"sku":"A-17","count":2,"price":19.90}],"note":"Bitte klingeln, 2. Stock"}}',
  '{"query":"select a gift from the catalogue","page":3,"sort":["price","asc"]}',
  'name=Zoë&comment=The+union+of+both+sets+is+larger&score=5',
  '<p class="note">On load, the script shows a table; drop it where you like.</p>',
];

/** The same `bytes` bytes of log every time. */
export function requestLog(bytes: number): string {
  let state = 42;
  const draw = <T>(list: readonly T[]): T => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return list[(state >> 8) % list.length]!;
  };
  const lines: string[] = [];
  for (let length = 0; length < bytes; ) {
    const line = `192.0.2.${lines.length % 256} "${draw(METHODS)} ${draw(PATHS)}?page=${lines.length % 97} HTTP/1.1" "${draw(AGENTS)}" ${draw(BODIES)}\n`;
    lines.push(line);
    length += Buffer.byteLength(line);
  }
  return lines.join('');
}
