import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evenScale, logarithmicScale, scaleFor } from '../../../bench/report/scale.js';

describe('an even scale', () => {
  for (const [values, marks] of [
    [
      [0, 4.4],
      [0, 1, 2, 3, 4, 5],
    ],
    [
      [0, 45],
      [0, 10, 20, 30, 40, 50],
    ],
    [
      [0, 100],
      [0, 20, 40, 60, 80, 100],
    ],
    [
      [-5, 7],
      [-5, 0, 5, 10],
    ],
    [
      [0, 0.012],
      [0, 0.005, 0.01, 0.015],
    ],
    [[7], [6, 8]],
    [[0], [0, 0.2]],
    [[], [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ] as const) {
    it(`has round marks around ${JSON.stringify(values)}`, () => {
      assert.deepEqual(
        evenScale(values).marks.map((mark) => Number(mark.toPrecision(6))),
        marks,
      );
    });
  }

  it('places values between its ends, and none outside of them', () => {
    const { place } = evenScale([0, 100]);
    assert.deepEqual([-1, 0, 25, 100, 1e9].map(place), [0, 0, 0.25, 1, 1]);
  });
});

describe('a logarithmic scale', () => {
  for (const [values, marks] of [
    [
      [1, 10_000],
      [1, 10, 100, 1000, 10_000],
    ],
    [
      [3, 40],
      [2, 5, 10, 20, 50],
    ],
    [
      [1, 9],
      [1, 2, 5, 10],
    ],
    [
      [0.002, 5],
      [0.001, 0.01, 0.1, 1, 10],
    ],
    [[64], [50, 100]],
    [[1], [1, 2]],
  ] as const) {
    it(`has marks at 1, 2 and 5 or at powers of ten around ${JSON.stringify(values)}`, () => {
      assert.deepEqual(
        logarithmicScale(values).marks.map((mark) => Number(mark.toPrecision(6))),
        marks,
      );
    });
  }

  it('is an even one where a value is not above zero', () => {
    assert.equal(logarithmicScale([0, 10]).isLogarithmic, false);
  });
});

describe('the scale for some values', () => {
  it('is logarithmic only where they differ by more than so many times', () => {
    assert.equal(scaleFor([1, 100], 100).isLogarithmic, false);
    assert.equal(scaleFor([1, 101], 100).isLogarithmic, true);
    assert.equal(scaleFor([0, 1, 101], 100).isLogarithmic, false);
    assert.equal(scaleFor([Number.NaN], 100).isLogarithmic, false);
  });
});
