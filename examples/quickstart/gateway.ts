// The gateway of the quickstart: the command as an operator has it, which ends with the process that started it. That holds the
// other end of a channel, and the system closes it however the process ends.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Nothing else is kept alive by the channel.
process.channel?.unref();

await import('../../core/cli/main.js');
