// What the bench uses of the package `benchmark` (2.1.4), which comes without types.
declare module 'benchmark' {
  interface Options {
    /** The function is given a `Deferred`, and an operation is over when that is resolved. */
    readonly defer?: boolean;
    /** Calls of the first cycle. Default 1; cycles get longer until they take `minTime`. */
    readonly initCount?: number;
    /** Least time of a cycle, in seconds. */
    readonly minTime?: number;
    /** Cycles are added until there are `minSamples`, and `maxTime` seconds are over. */
    readonly minSamples?: number;
    readonly maxTime?: number;
    /** Pause between two cycles that are deferred, in seconds. */
    readonly delay?: number;
    readonly onComplete?: () => void;
  }

  interface Deferred {
    resolve(): void;
  }

  class Benchmark {
    constructor(name: string, call: (deferred: Deferred) => void, options: Options);
    /** Calls of the last cycle. */
    readonly count: number;
    readonly error?: unknown;
    /** Seconds that a call took, by cycle. */
    readonly stats: { readonly sample: readonly number[] };
    /** A package of its own over other globals, e.g. another `process.hrtime`. */
    static runInContext(context: {
      readonly process: { hrtime(since?: [number, number]): [number, number] };
    }): typeof Benchmark;
    run(options: { readonly async: boolean }): this;
    abort(): this;
  }

  export default Benchmark;
}
