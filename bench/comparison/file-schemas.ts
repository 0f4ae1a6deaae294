// What has to be in a report and in a baseline for a comparison, in JSON Schema. A report may have more.

const SPREAD = {
  type: 'object',
  required: ['median', 'least', 'most'],
  properties: { median: { type: 'number' }, least: { type: 'number' }, most: { type: 'number' } },
} as const;

/** What could not be divided is null in JSON. */
const MEASURED = {
  ...SPREAD,
  properties: {
    median: { type: ['number', 'null'] },
    least: { type: ['number', 'null'] },
    most: { type: ['number', 'null'] },
  },
} as const;

const MACHINE = {
  type: 'object',
  required: [
    'processors',
    'processor',
    'processorLimit',
    'memoryMiB',
    'memoryLimitMiB',
    'kernel',
    'node',
    'commit',
    'isChanged',
  ],
  properties: {
    processors: { type: 'integer' },
    processor: { type: 'string' },
    processorLimit: { type: ['number', 'null'] },
    memoryMiB: { type: 'number' },
    memoryLimitMiB: { type: ['number', 'null'] },
    kernel: { type: 'string' },
    node: { type: 'string' },
    commit: { type: ['string', 'null'] },
    isChanged: { type: 'boolean' },
  },
} as const;

const NOISE = {
  type: ['object', 'null'],
  required: ['busyBefore', 'stolen', 'loadBefore'],
  properties: {
    busyBefore: { type: ['number', 'null'] },
    stolen: { type: ['number', 'null'] },
    loadBefore: { type: 'number' },
  },
} as const;

const SUITE = {
  type: 'object',
  required: ['name', 'failure', 'noise', 'missing', 'ratios'],
  properties: {
    name: { type: 'string' },
    failure: { type: ['string', 'null'] },
    noise: NOISE,
    missing: { type: 'array', items: { type: 'string' } },
    ratios: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'value'],
        properties: { id: { type: 'string' }, value: MEASURED },
      },
    },
  },
} as const;

export const REPORT_SCHEMA = {
  type: 'object',
  required: ['version', 'startedAt', 'quick', 'machine', 'suites'],
  properties: {
    version: { type: 'integer' },
    startedAt: { type: 'string' },
    quick: { type: 'boolean' },
    machine: MACHINE,
    suites: { type: 'array', items: SUITE },
  },
} as const;

export const BASELINE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'suites'],
  properties: {
    version: { type: 'integer' },
    suites: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['date', 'commit', 'machine', 'ratios'],
        properties: {
          date: { type: 'string' },
          commit: { type: 'string' },
          machine: { type: 'string' },
          ratios: { type: 'object', additionalProperties: SPREAD },
        },
      },
    },
  },
} as const;
