// `sluice import`: a configuration from what describes an API.
import { VERSION } from '../version.js';
import { type Command, runCommand } from './command.js';
import { importOpenApiFile } from './openapi/command.js';

const HELP = `sluice import ${VERSION} - a configuration from what describes an API

  sluice import openapi SPEC --upstream URL   from OpenAPI 3.0 and 3.1

  sluice import FORMAT --help                 what it takes

Exit codes: 0 done, 1 failed, 2 wrong usage. --verbose adds stack traces to errors.
`;

const COMMANDS: Readonly<Record<string, Command>> = { openapi: importOpenApiFile };

export function importApi(args: string[]): Promise<void> {
  return runCommand(args, COMMANDS, HELP);
}
