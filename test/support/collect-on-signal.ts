// Loaded into a gateway before its main module (`node --expose-gc --import`): collects garbage on SIGUSR2, so that
// its resident memory tells what is held and not what waits to be collected.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  process.stdout.write('{"msg":"collected"}\n');
});
