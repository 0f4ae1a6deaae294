// Allow lists and what they say to URLs; the filter `url-guard` and the keyword of JSON Schema are both held to it.
import type { AllowedUrls, UrlVerdict } from '../../core/url-allow-list.js';

type Verdicts = readonly (readonly [url: string, verdict: UrlVerdict])[];

const as = (verdict: UrlVerdict, urls: readonly string[]): Verdicts =>
  urls.map((url) => [url, verdict] as const);

export const ALLOW_TABLES: readonly (readonly [what: string, allow: AllowedUrls, verdicts: Verdicts])[] = [
  ['no hosts', { hosts: [] }, as('not-allowed', ['https://a.com/', 'https://8.8.8.8/', 'https://[::1]/'])],
  [
    'one label left open',
    { hosts: ['*.Example.com'] },
    [
      ...as('allowed', ['https://a.example.com/', 'https://A.EXAMPLE.com/', 'https://xn--9ca.example.com/']),
      ...as('not-allowed', ['https://example.com/', 'https://a.b.example.com/', 'https://aexample.com/']),
      ...as('not-allowed', [
        'https://a.example.com.evil.com/',
        'https://a;.example.com/',
        'https://-a.example.com/',
      ]),
      ...as('not-allowed', ['https://a.example.com./', 'https://a!.example.com/', 'https://(.example.com/']),
      ...as('invalid', [
        'https://.example.com%2f/',
        'https://a%2f.example.com/',
        'https://xn--a.example.com/',
      ]),
      ...as('spelling', ['https://é.example.com/', 'https://a。example.com/']),
    ],
  ],
  [
    'any public domain',
    { hosts: ['*'] },
    [
      ...as('allowed', [
        'https://shop.com/',
        'https://a.b.co.uk/x',
        'https://xn--bcher-kva.de/',
        'https://a_b.com/',
      ]),
      ...as('allowed', ['https://mylocalhost.com/', 'https://internal.com/', 'https://local.shop.com/']),
      ...as('not-allowed', [
        'https://localhost/',
        'https://intranet/',
        'https://a.localhost/',
        'https://x.internal/',
      ]),
      ...as('not-allowed', [
        'https://metadata.google.internal/',
        'https://printer.local/',
        'https://a.home.arpa/',
      ]),
      ...as('not-allowed', [
        'https://metadata.tencentyun.com/',
        'https://a.metadata.goog/',
        'https://x.onion/',
      ]),
      ...as('not-allowed', [
        'https://a.svc.cluster.local/',
        'https://shop.com./',
        'https://a.test/',
        'https://b.example/',
      ]),
      ...as('not-allowed', [
        'https://8.8.8.8/',
        'https://127.1/',
        'https://[::1]/',
        'https://[2606:4700:4700::1111]/',
      ]),
      ...as('not-allowed', [
        `https://${'a'.repeat(64)}.com/`,
        `https://${'a.'.repeat(127)}com/`,
        'https://a-.com/',
      ]),
      ...as('spelling', ['https://bücher.de/', 'https://faß.de/']),
    ],
  ],
  [
    'public addresses',
    { hosts: ['8.8.8.8', '93.184.0.0/16', '2606:4700::/32'] },
    [
      ...as('allowed', ['https://8.8.8.8/', 'https://93.184.215.14/', 'https://[2606:4700:4700::1111]/']),
      ...as('allowed', ['https://[::ffff:808:808]/']),
      ...as('spelling', ['https://0x8.8.8.8/', 'https://134744072/', 'https://[2606:4700:4700:0::1111]/']),
      ...as('spelling', ['https://[::ffff:8.8.8.8]/', 'https://8.8.8.8./']),
      ...as('not-allowed', [
        'https://8.8.4.4/',
        'https://93.185.0.0/',
        'https://[2606:4701::1]/',
        'https://a.com/',
      ]),
    ],
  ],
  [
    'the whole address space, which opens nothing of special use',
    { hosts: ['0.0.0.0/0', '::/0'] },
    [
      ...as('allowed', ['https://8.8.8.8/', 'https://[2606:4700:4700::1111]/']),
      ...as('not-allowed', [
        'https://127.0.0.1/',
        'https://10.0.0.1/',
        'https://169.254.169.254/',
        'https://[::1]/',
      ]),
      ...as('not-allowed', [
        'https://168.63.129.16/',
        'https://[fd00:ec2::254]/',
        'https://[64:ff9b::808:808]/',
      ]),
      ...as('not-allowed', [
        'https://[::ffff:7f00:1]/',
        'https://[2002:7f00:1::]/',
        'https://255.255.255.255/',
      ]),
    ],
  ],
  [
    'networks of special use, opened on purpose',
    { hosts: ['10.1.0.0/16', '127.0.0.1', 'fd00::/8', '168.63.129.16'] },
    [
      ...as('allowed', [
        'https://10.1.2.3/',
        'https://127.0.0.1/',
        'https://[fd00::1]/',
        'https://168.63.129.16/',
      ]),
      ...as('allowed', ['https://[::ffff:a01:1]/']),
      ...as('not-allowed', [
        'https://10.2.0.1/',
        'https://127.0.0.2/',
        'https://[fc00::1]/',
        'https://localhost/',
      ]),
      ...as('spelling', ['https://127.1/', 'https://0xa.1.2.3/']),
    ],
  ],
  [
    'a network around one of special use',
    { hosts: ['10.0.0.0/7', '168.63.129.0/24'] },
    [
      ...as('allowed', ['https://11.0.0.1/', 'https://168.63.129.17/']),
      ...as('not-allowed', ['https://10.0.0.1/', 'https://168.63.129.16/']),
    ],
  ],
  [
    'a name of special use, opened on purpose',
    { hosts: ['localhost', '*.svc.cluster.local'], schemes: ['http'], ports: [8080] },
    [
      ...as('allowed', ['http://localhost:8080/', 'http://hooks.svc.cluster.local:8080/']),
      ...as('not-allowed', ['http://localhost/', 'http://127.0.0.1:8080/', 'http://a.localhost:8080/']),
      ...as('not-allowed', ['https://localhost:8080/', 'http://localhost.:8080/']),
    ],
  ],
  [
    'schemes and ports',
    { schemes: ['http', 'wss'], hosts: ['a.com'], ports: [80, 8443] },
    [
      ...as('allowed', [
        'http://a.com/',
        'http://a.com:80/',
        'http://a.com:8443/',
        'wss://a.com:8443/',
        'wss://a.com:80',
      ]),
      ...as('not-allowed', [
        'wss://a.com/',
        'http://a.com:443/',
        'https://a.com:8443/',
        'ws://a.com/',
        'ftp://a.com/',
      ]),
    ],
  ],
  ['no schemes', { schemes: [], hosts: ['a.com'] }, as('not-allowed', ['https://a.com/', 'http://a.com/'])],
  ['no ports', { hosts: ['a.com'], ports: [] }, as('not-allowed', ['https://a.com/', 'https://a.com:443/'])],
  [
    'standard ports',
    { schemes: ['https', 'http', 'wss', 'ws', 'ftp'], hosts: ['a.com'] },
    [
      ...as('allowed', ['https://a.com/', 'http://a.com/', 'wss://a.com/', 'ws://a.com/', 'ftp://a.com/']),
      ...as('allowed', ['https://a.com:443/', 'http://a.com:80/', 'ftp://a.com:21/']),
      ...as('not-allowed', ['https://a.com:80/', 'http://a.com:443/', 'ftp://a.com:22/']),
    ],
  ],
  [
    'paths',
    { hosts: ['a.com'], paths: ['/', '/in/:id', '/files/*', '/caf%C3%A9'] },
    [
      ...as('allowed', ['https://a.com', 'https://a.com/', 'https://a.com?x', 'https://a.com/in/42?x#y']),
      ...as('allowed', [
        'https://a.com/in/%34%32',
        'https://a.com/files/',
        'https://a.com/files/a/b',
        'https://a.com/caf%c3%a9',
      ]),
      ...as('not-allowed', [
        'https://a.com/in',
        'https://a.com/in/',
        'https://a.com/in/a/b',
        'https://a.com/files',
      ]),
      ...as('not-allowed', [
        'https://a.com/In/42',
        'https://a.com/files/../x',
        'https://a.com/files/a%2f..%2f..%2fx',
      ]),
      ...as('not-allowed', [
        'https://a.com/files/..;/x',
        'https://a.com/files/%252e%252e/x',
        'https://a.com/files/%00',
      ]),
      ...as('not-allowed', ['https://a.com/files/%5c..%5cx', 'https://a.com/files/%zz']),
      ...as('spelling', [
        'https://a.com/café',
        'https://a.com/x/../in/42',
        'https://a.com/files/a/../b',
        'https://a.com\\in\\42',
      ]),
    ],
  ],
  ['no paths', { hosts: ['a.com'], paths: [] }, as('not-allowed', ['https://a.com/', 'https://a.com'])],
];

const NO_HOST = /expected a domain in ASCII/;

export const UNUSABLE_HOSTS: readonly (readonly [host: string, message: RegExp])[] = [
  ['', NO_HOST],
  ['a b', NO_HOST],
  ['a.com.', NO_HOST],
  ['a..com', NO_HOST],
  ['-a.com', NO_HOST],
  ['a@b.com', NO_HOST],
  ['a.com?', NO_HOST],
  ['bücher.de', NO_HOST],
  ['xn--a.com', NO_HOST],
  ['*.*.com', NO_HOST],
  ['a.*.com', NO_HOST],
  ['*a.com', NO_HOST],
  ['*.', NO_HOST],
  ['**', NO_HOST],
  ['127.1', NO_HOST],
  ['0x7f000001', NO_HOST],
  ['*.1', NO_HOST],
  ['*.127.0.0.1', NO_HOST],
  ['a.1', NO_HOST],
  [`${'a'.repeat(64)}.com`, NO_HOST],
  ['a.com:443', /expected an IPv4 or IPv6 address/],
  ['https://a.com', /expected an IPv4 or IPv6 address/],
  ['a.com/x', /expected an IPv4 or IPv6 address/],
  ['[::1]', /expected an IPv4 or IPv6 address/],
  ['fe80::1%eth0', /expected an IPv4 or IPv6 address/],
  ['10.0.0.0/33', /expected 0 to 32 bits/],
  ['10.0.0.1/8', /expected no bits set/],
];
