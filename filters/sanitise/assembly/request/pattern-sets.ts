// Named sets of patterns for input that is meant for an interpreter. They find what attacks begin with, not all that an
// attack can be: whoever takes a value for a query, a path or a page has to escape it all the same.

/** Names of the sets in a config. */
export const SET_NAMES: string[] = ['xss', 'sql', 'path-traversal', 'command', 'template'];

const XSS: string[] = [
  '<\\s*/?\\s*(script|iframe|frame|frameset|object|embed|applet|svg|math|link|meta|base|form|style|template|img|image|input|button|body|html|video|audio|source|details|marquee|isindex|textarea|xml|noscript|portal|dialog)[\\s/>\\x00]',
  '<\\s*/?\\s*(script|iframe|object|embed|svg|style|img|body)$',
  '<[^>]*[\\s"\'/]on[a-z]{3}[a-z]*\\s*=',
  '["\'][\\s/]*([a-z-]+(=[^\\s]*)?[\\s/]+)*on[a-z]{3}[a-z]*\\s*=',
  '(j\\s*a\\s*v\\s*a|v\\s*b|l\\s*i\\s*v\\s*e)\\s*s\\s*c\\s*r\\s*i\\s*p\\s*t\\s*:',
  'data\\s*:\\s*(text/html|image/svg|application/xhtml|text/xml)',
  '<!(--|\\[cdata\\[|doctype|entity)',
  'srcdoc\\s*=',
  'style\\s*=\\s*["\']?[^"\'>]*(expression\\s*\\(|-moz-binding|behavior\\s*:)',
  '&#(x0*(3c|28|22|27)|0*(60|40|34|39));?',
];

const SQL: string[] = [
  '[\'"`]\\s*\\)*\\s*(or|and|xor|\\|\\||&&)\\s*\\(*\\s*(not\\s+)?[\'"`\\w@(-]+\\s*[\'"`)]*\\s*(=|<|>|!=|like\\b|is\\b|in\\s*\\(|between\\b|rlike\\b|regexp\\b)',
  '(^|[\\s\\d\'")])(or|and)\\s+\\d+\\s*=\\s*\\d+',
  '[\'"`]\\s*\\)*\\s*(or|and)\\s+(true|false|not|exists)\\b',
  'union([\\s+(]|/\\*[^*]*\\*/)+(all|distinct)?([\\s+(]|/\\*[^*]*\\*/)*select\\b',
  ';\\s*((drop|alter|create|truncate)\\s+(table|database|schema|view|index|user|procedure|function|trigger)|delete\\s+from|insert\\s+into|update\\s+\\w+\\s+set|merge\\s+into|exec(ute)?\\s+(xp_|sp_|immediate|master)|shutdown\\b|declare\\s+@|grant\\s+\\w+\\s+(on|to))',
  '[\'"`]\\s*\\)*\\s*;?\\s*(--|#|/\\*)',
  '[\'"`]\\s*;\\s*(select|drop|delete|insert|update|exec)\\b',
  '\\b(sleep|benchmark|pg_sleep|load_file|extractvalue|updatexml|dbms_pipe\\.receive_message|utl_http\\.request|xp_cmdshell|randomblob)\\s*\\(',
  'waitfor\\s+(delay|time)\\s',
  '\\bxp_cmdshell\\b',
  'into\\s+(out|dump)file\\b',
  '\\b(information_schema|pg_catalog|sqlite_master|sys\\.objects|sysobjects)\\b',
  '/\\*!\\d*',
];

const PATH_TRAVERSAL: string[] = [
  '(^|[/\\\\=])\\.\\.[;\\x00]?([/\\\\]|$)',
  '\\.\\.+[/\\\\]',
  '(%|%25)(2e|c0%ae)(%|%25)?',
  '(%|%25)(2f|5c|c0%af|c1%9c)',
  '\\x00',
  '(^|[/\\\\])etc[/\\\\](passwd|shadow|group|hosts|sudoers|ssh)\\b',
  '(^|[/\\\\])proc[/\\\\](self|\\d+|version|cmdline)\\b',
  '(^|[/\\\\])(windows|winnt)[/\\\\](system32|win\\.ini|system\\.ini)',
  '\\bboot\\.ini\\b',
  '\\b(file|php|zip|phar|expect|glob|jar|netdoc)\\s*:\\s*//',
  '(^|[/\\\\])\\.(git|svn|hg|ssh|aws|env|htaccess|htpasswd)([/\\\\]|$)',
  '^\\\\\\\\[\\w.-]+\\\\',
];

const COMMAND: string[] = [
  '([;&|\\n]|\\$\\(|`|^)\\s*(/[\\w/]*/)?(cat|ls|id|whoami|uname|wget|curl|nc|ncat|netcat|bash|sh|zsh|dash|ksh|powershell|pwsh|cmd|python[\\d.]*|perl|ruby|php|node|rm|chmod|chown|ping|nslookup|dig|host|sleep|tftp|telnet|ssh|scp|env|printenv|ifconfig|ipconfig|netstat|ps|kill|sudo|su|awk|sed|tee|xargs|eval|exec|type|dir|net|certutil|bitsadmin|mshta|regsvr32|rundll32)(\\.exe)?(\\s+[-/$\\\\.~\'"{<>|;&\\d]|\\s*[;&|`)<>]|\\s+https?:)',
  '[;&|`]\\s*(/[\\w/]*/)?((id|whoami|uname|ls|ifconfig|ipconfig|netstat|ps|env|pwd|dir)\\s*$|(wget|curl|nslookup|nc|ncat|bash|sh|powershell)\\s+[\\w.\\-"\'])',
  '\\$\\((\\s*[\\w/]+[\\s)]|<)',
  '`\\s*(/[\\w/]*/)?(id|ls|cat|whoami|uname|wget|curl|nc|bash|sh|ping|sleep|nslookup|python[\\d.]*|perl|env|ps)(\\s[^`]*)?`',
  '\\$\\{?IFS\\b',
  '/bin/((ba|z|da|k|c|a)?sh|cat|ls|nc|ping|id)\\b',
  '\\b(cmd|powershell|pwsh)(\\.exe)?\\s+[/-]\\w',
  '/dev/(tcp|udp)/',
  '[<>]\\s*/(dev|etc|tmp|var|proc)/',
  '\\(\\)\\s*\\{\\s*:?;?\\s*\\}\\s*;',
];

const TEMPLATE: string[] = [
  '\\$\\{[^}]*(jndi|ldap|rmi|dns|env|sys|java|lower|upper|::-|runtime|class|exec)',
  '\\$\\{\\s*\\d+\\s*[*+]\\s*\\d+\\s*\\}',
  '\\{\\{[^}]*\\}\\}',
  '\\{%[^%]*%\\}',
  '<%[^%]*%>',
  '#\\{[^}]*\\}',
  '__(class|mro|subclasses|globals|builtins|import|proto)__',
  '\\bconstructor\\s*[.\\[(]\\s*(prototype|constructor|["\'])',
];

/** The patterns of a set; letters of either case are the same, and a dot may be a line end. */
export function patternsOf(set: string): string[] {
  if (set == 'xss') return XSS;
  if (set == 'sql') return SQL;
  if (set == 'path-traversal') return PATH_TRAVERSAL;
  return set == 'command' ? COMMAND : TEMPLATE;
}
