// Traces of what runs behind the gateway, in the bodies of errors: stacks of calls, errors of data bases, banners of servers.
import { Bytes } from 'sluice';
import { byteAt, isDigit } from './text';

/** Bodies are looked through up to here. */
const MOST_BYTES = 65536;

/** A line of a stack that has its place in a file is no longer. */
const LONGEST_FRAME: usize = 240;

const FRAME = 'at ';

const STACK_TRACES: string[] = [
  FRAME,
  'Traceback (most recent call last)',
  'Exception in thread ',
  'Stack trace:',
  'PHP Fatal error',
  'Fatal error: Uncaught',
  '</b> on line <b>',
  '.cs:line ',
  '.vb:line ',
  'goroutine 1 [',
  'panic: runtime error',
  "thread 'main' panicked",
  'Caused by: ',
  'node:internal/',
  '/node_modules/',
  'site-packages/',
  '/gems/',
  'java.lang.',
  'javax.servlet.',
  'org.springframework.',
  'org.hibernate.',
  'System.NullReferenceException',
  'System.ArgumentException',
  'System.InvalidOperationException',
  'Microsoft.AspNetCore.',
  'Werkzeug Debugger',
  'DEBUG = True',
];

const SQL_ERRORS: string[] = [
  'SQLSTATE[',
  'You have an error in your SQL syntax',
  'syntax error at or near',
  'Incorrect syntax near',
  'Unclosed quotation mark after',
  'quoted string not properly terminated',
  'ORA-0',
  'ORA-1',
  'PLS-0',
  'DB2 SQL error',
  'SQLITE_ERROR',
  'SQLite3::',
  'sqlite3.OperationalError',
  'psycopg2.',
  'org.postgresql.',
  'PG::',
  'pq: ',
  'com.mysql.',
  'MySqlException',
  'mysql_fetch',
  'mysqli_',
  'pg_query(',
  'Microsoft OLE DB Provider',
  '[ODBC ',
  'System.Data.SqlClient',
  'SequelizeDatabaseError',
  'ER_PARSE_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_DUP_ENTRY',
  "Duplicate entry '",
  "Unknown column '",
  'violates unique constraint',
  'violates foreign key constraint',
  'violates not-null constraint',
  'E11000 duplicate key',
  'MongoServerError',
];

const SERVER_BANNERS: string[] = [
  '<address>Apache',
  '<center>nginx',
  '<center>openresty',
  'Apache Tomcat/',
  'Microsoft-IIS/',
  'Microsoft-HTTPAPI/',
  'Jetty://',
  'lighttpd/',
  'gunicorn/',
  'Werkzeug/',
  'WildFly',
  'JBoss',
  'GlassFish',
  'WebLogic',
  'Phusion Passenger',
  'Whitelabel Error Page',
  'ASP.NET Version:',
];

/** Names of the kinds in a config. */
export const LEAK_NAMES: string[] = ['stack-trace', 'sql-error', 'server-banner'];

/** Made in `configure`. Signs are told apart by their first byte, so most bytes of a body are looked at once. */
@final
export class LeakFinder {
  private readonly signs: Bytes[] = [];
  /** Of the sign before it with the same first byte, or -1. */
  private readonly before: i32[] = [];
  private readonly last: StaticArray<i32> = new StaticArray<i32>(128).fill(-1);

  get isEmpty(): bool {
    return this.signs.length == 0;
  }

  /** @param kind index in LEAK_NAMES */
  add(kind: i32): void {
    const texts = kind == 0 ? STACK_TRACES : kind == 1 ? SQL_ERRORS : SERVER_BANNERS;
    for (let i = 0; i < texts.length; i++) {
      const sign = Bytes.from(texts[i]);
      this.before.push(this.last[sign[0]]);
      this.last[sign[0]] = this.signs.push(sign) - 1;
    }
  }

  /** Whether the body has one of the signs. */
  finds(body: Bytes): bool {
    const end = body.address + min(body.length, MOST_BYTES);
    for (let at = body.address; at < end; at++) {
      const byte = load<u8>(at);
      if (byte >= 0x80) continue;
      for (let i = this.last[byte]; i >= 0; i = this.before[i]) {
        const sign = this.signs[i];
        if (end - at < <usize>sign.length || memory.compare(at, sign.address, sign.length) != 0) continue;
        if (!sign.equals(FRAME) || isFrame(body.address, at, end)) return true;
      }
    }
    return false;
  }
}

/** Whether a line of a stack begins with the `at ` at `at`: behind an indent, and with a place in a file before the line is over. */
function isFrame(start: usize, at: usize, end: usize): bool {
  if (at - start < 2 || !isIndent(load<u16>(at - 2))) return false;
  const last = min(end, at + LONGEST_FRAME);
  for (let i = at + 3; i < last; i++) {
    const byte = load<u8>(i);
    // Lines end so in text, in JSON and in HTML.
    if (byte == 0x0a || byte == 0x5c || byte == 0x3c || byte == 0x22) return false;
    if (byte != 0x3a || !isDigit(byteAt(i + 1, end))) continue;
    while (++i < last && (isDigit(load<u8>(i)) || load<u8>(i) == 0x3a)) {}
    const after = byteAt(i, end);
    return (
      after == 0x29 ||
      after == 0x0a ||
      after == 0x0d ||
      after == 0x5c ||
      after == 0x3c ||
      after == 0x22 ||
      i == end
    );
  }
  return false;
}

/** Two spaces; a tab behind anything; `\t` as JSON spells it; and the end of `&nbsp;`. */
function isIndent(two: u32): bool {
  return two == 0x2020 || two >> 8 == 0x09 || two == 0x745c || two == 0x3b70;
}
