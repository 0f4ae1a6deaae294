// Findings with a little of everything that a report shows.
import type { Findings } from '../../../bench/suite.js';

export const SMALL_FINDINGS: Findings = {
  tables: [
    {
      title: 'Costs',
      head: 'scenario',
      columns: [
        { name: 'CPU per request', unit: 'us', digits: 1 },
        { name: 'failed', unit: 'count', digits: 0 },
      ],
      rows: [
        { name: 'plain proxy', cells: [{ median: 45.25, least: 44, most: 47.5 }, 0] },
        { name: '  nginx, plain proxy', cells: [22, null] },
      ],
    },
  ],
  charts: [
    {
      kind: 'bars',
      title: 'CPU per request',
      unit: 'us',
      labels: ['plain proxy', 'policy'],
      series: [
        { name: 'Sluice', values: [{ median: 45.25, least: 44, most: 47.5 }, 51] },
        { name: 'nginx', values: [22, null] },
      ],
    },
    {
      kind: 'lines',
      title: 'Memory by routes',
      across: 'routes',
      isAcrossLogarithmic: true,
      unit: 'MiB',
      series: [
        {
          name: 'Sluice',
          points: [
            { x: 10, y: 60 },
            { x: 10_000, y: { median: 90, least: 85, most: 99 } },
          ],
        },
      ],
    },
  ],
  ratios: [
    {
      id: 'small/plain/nginx',
      name: 'plain proxy',
      value: { median: 2.057, least: 1.9, most: 2.2 },
      atMost: 1.5,
    },
    { id: 'small/policy/nginx', name: 'policy', value: { median: 2.3, least: 2.2, most: 2.4 }, atMost: null },
  ],
  missing: ['Caddy is missing: apt-get install caddy'],
  notes: ['Load by wrk.'],
};
