// Each built-in filter by the size of a body, next to the same rule in JavaScript, both in this process. What a filter adds to
// a request on its way is for `bench/filters/`.
import { graphqlBench } from '../filters/benches/graphql.js';
import { policyBench } from '../filters/benches/policy.js';
import { sanitiseBench } from '../filters/benches/sanitise.js';
import { urlGuardBench } from '../filters/benches/url-guard.js';
import { validateBench } from '../filters/benches/validate.js';
import { BODY_BYTES, type FilterBench } from '../filters/filter-bench.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import { graphql } from '../peers/node/graphql.js';
import { policy } from '../peers/node/policy.js';
import type { Rule } from '../peers/node/rule.js';
import { sanitise } from '../peers/node/sanitise.js';
import { urlGuard } from '../peers/node/url-guard.js';
import { validate } from '../peers/node/validate.js';
import type { Bars, Ratio, Table } from '../suite.js';
import { builtinSpec, RuleSides } from './rule.js';
import type { Part, Subject } from './subject.js';

const RULES: readonly (readonly [bench: FilterBench, rule: Rule])[] = [
  [policyBench, policy],
  [validateBench, validate],
  [sanitiseBench, sanitise],
  [urlGuardBench, urlGuard],
  [graphqlBench, graphql],
];

export const filtersSubject: Subject = {
  name: 'built-in filters',
  contests: RULES.length * BODY_BYTES.length,
  async measure(track) {
    const all: Measured[] = [];
    for (const [bench, rule] of RULES) {
      const sides = new RuleSides(bench, rule, await builtinSpec(bench.filter, bench.sluice));
      sides.check(bench.cases);
      for (const bytes of BODY_BYTES) {
        const measured = bench.measured(bytes);
        sides.check([measured]);
        const { own, javascript } = await track.contest(
          `${bench.filter}, ${bytes / 1024} KB`,
          sides.contenders(measured).sides,
        );
        all.push({ filter: bench.filter, bytes, own, javascript });
      }
    }
    return partOf(all);
  },
};

interface Measured {
  readonly filter: string;
  readonly bytes: number;
  readonly own: readonly number[];
  readonly javascript: readonly number[];
}

function partOf(all: readonly Measured[]): Part {
  const us = (ns: readonly number[]) => spreadOf(ns.map((value) => value / 1000));
  const ratios = all.map(({ filter, bytes, own, javascript }): Ratio => {
    return {
      id: `micro/${filter}-${bytes / 1024}k/javascript`,
      name: `${filter}, ${bytes / 1024} KB, next to JavaScript`,
      value: pairwise(own, javascript, (left, right) => left / right),
      atMost: null,
    };
  });
  const table: Table = {
    title: 'Built-in filters: one visit, next to the same rule in JavaScript',
    head: 'filter, body',
    columns: [
      { name: 'Sluice', unit: 'us', digits: 1 },
      { name: 'JavaScript', unit: 'us', digits: 1 },
      { name: 'ratio', unit: 'x', digits: 2 },
    ],
    rows: all.map(({ filter, bytes, own, javascript }, index) => ({
      name: `${filter}, ${bytes / 1024} KB`,
      cells: [us(own), us(javascript), ratios[index]!.value],
    })),
  };
  const chart: Bars = {
    kind: 'bars',
    title: 'Built-in filters: one visit next to the same rule in JavaScript, by size of the body',
    unit: 'x',
    labels: RULES.map(([{ filter }]) => filter),
    series: BODY_BYTES.map((size) => ({
      name: `${size / 1024} KB`,
      values: ratios.filter((_, index) => all[index]!.bytes === size).map(({ value }) => value),
    })),
  };
  return {
    tables: [table],
    charts: [chart],
    ratios,
    notes: [
      'Built-in filters: from the frame and the body in memory to the verdict, or to the new body, without the way to the worker. Four documents of one size take turns.',
    ],
  };
}
