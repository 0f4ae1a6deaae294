// Reads the exports of an entry point and their doc comments: AssemblyScript parses as TypeScript does. The only file
// that knows the TypeScript compiler.
import assert from 'node:assert/strict';
import { dirname, posix, relative, sep } from 'node:path';
import {
  getTokenPosOfNode,
  isClassDeclaration,
  isConstructorDeclaration,
  isEnumDeclaration,
  isExportDeclaration,
  isInterfaceDeclaration,
  isModuleBlock,
  isModuleDeclaration,
  isNamedExports,
  isParameterDeclaration,
  isPrivateIdentifier,
  isPropertyDeclaration,
  isTypeAliasDeclaration,
  isVariableDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { API, type Project } from 'typescript/unstable/sync';
import type { ApiEntry, ApiItem, ApiTopic, DocComment } from './api-model.js';
import { isInternal, parseDocComment } from './doc-comment.js';

/** A heading among the exports of an entry point: a comment on a line of its own before the first of a group. */
const TOPIC = /^\/\/ (.+)$/gm;
const DOC_COMMENT = /\/\*\*[\s\S]*?\*\//g;
const HIDDEN: ReadonlySet<SyntaxKind> = new Set([SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword]);
/** What a signature does without. */
const UNSAID: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.ExportKeyword,
  SyntaxKind.PublicKeyword,
  SyntaxKind.OverrideKeyword,
  SyntaxKind.Decorator,
]);

/** They make a parameter a field, which is listed by itself or is nobody's business. */
const PARAMETER_MODIFIERS = /([(,]\s*)(?:(?:public|private|protected|readonly)\s+)+/g;

/**
 * Reads an API. The result depends on the sources alone.
 * @param project folder of a `tsconfig.json`
 * @param entry   file of that project whose exports are the API
 */
export function readApi(project: string, entry: string): ApiTopic[] {
  const api = new API({ cwd: project });
  try {
    const [opened] = api
      .updateSnapshot({ openProjects: [posixPath(`${project}/tsconfig.json`)] })
      .getProjects();
    assert(opened !== undefined, `${project}: no project there`);
    return new ApiReader(opened, dirname(entry)).topics(posixPath(entry));
  } finally {
    api.close();
  }
}

function posixPath(path: string): string {
  return path.split(sep).join('/');
}

class ApiReader {
  readonly #project: Project;
  readonly #root: string;

  constructor(project: Project, root: string) {
    this.#project = project;
    this.#root = root;
  }

  topics(entry: string): ApiTopic[] {
    const source = this.#project.program.getSourceFile(entry);
    assert(source !== undefined, `${entry}: not in ${this.#project.configFileName}`);
    const topics: { title: string; entries: ApiEntry[] }[] = [];
    for (const statement of source.statements) {
      if (!isExportDeclaration(statement)) continue;
      const title = [...leadingText(statement, source).matchAll(TOPIC)].at(-1)?.[1];
      if (title !== undefined) topics.push({ title, entries: [] });
      const { exportClause } = statement;
      assert(exportClause !== undefined && isNamedExports(exportClause), `${entry}: exports without names`);
      for (const { name } of exportClause.elements) {
        const topic = topics.at(-1);
        assert(topic !== undefined, `${entry}: ${name.text} stands below no topic`);
        topic.entries.push(this.#entry(name));
      }
    }
    const names = new Set(topics.flatMap(({ entries }) => entries.map(({ name }) => name)));
    for (const { name, base } of topics.flatMap(({ entries }) => entries)) {
      assert(
        base === null || names.has(base),
        `${name}: its members of ${base} are shown nowhere, export that too`,
      );
    }
    return topics;
  }

  #entry(specifier: Node & { readonly text: string }): ApiEntry {
    const { checker } = this.#project;
    const local = checker.getSymbolAtLocation(specifier);
    assert(local !== undefined, specifier.text);
    const declaration = checker.getAliasedSymbol(local).declarations[0]?.resolve(this.#project);
    assert(declaration !== undefined, `${specifier.text} is declared nowhere`);
    const source = declaration.getSourceFile();
    // `const` and its doc comment stand two nodes up.
    const outer = isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const members = membersOf(declaration, source);
    return {
      name: specifier.text,
      file: posix.normalize(posixPath(relative(this.#root, source.fileName))),
      signature: this.#aliasSignature(declaration) ?? signatureOf(outer, source),
      doc: docOf(outer, source),
      base: baseOf(declaration),
      members: members.filter(({ doc }) => !isInternal(doc)),
    };
  }

  /** A type that is made of a value says nothing by itself: what it comes to is written in its place. */
  #aliasSignature(declaration: Node): string | null {
    if (!isTypeAliasDeclaration(declaration)) return null;
    const { name, type } = declaration;
    if (!declaration.getSourceFile().text.slice(type.pos, type.end).includes('typeof ')) return null;
    const { checker } = this.#project;
    return `type ${name.text} = ${checker.typeToString(checker.getTypeFromTypeNode(type)!)}`;
  }
}

function baseOf(declaration: Node): string | null {
  if (!isClassDeclaration(declaration)) return null;
  const clause = declaration.heritageClauses?.find(({ token }) => token === SyntaxKind.ExtendsKeyword);
  return clause?.types[0]?.expression.getText() ?? null;
}

function membersOf(declaration: Node, source: SourceFile): ApiItem[] {
  if (isClassDeclaration(declaration)) {
    return declaration.members.filter(isPublic).flatMap((member) => classMember(member, source));
  }
  if (isInterfaceDeclaration(declaration) || isEnumDeclaration(declaration)) {
    return declaration.members.map((member) => itemOf(member, nameOf(member, source), source));
  }
  if (isModuleDeclaration(declaration)) {
    const { body } = declaration;
    assert(body !== undefined && isModuleBlock(body));
    const exported = body.statements.filter((statement) => hasModifier(statement, SyntaxKind.ExportKeyword));
    return exported.map((statement) => itemOf(statement, nameOf(statement, source), source));
  }
  return [];
}

/** A member; and of a constructor, the fields that its parameters declare. */
function classMember(member: Node, source: SourceFile): ApiItem[] {
  if (!isConstructorDeclaration(member)) return [itemOf(member, nameOf(member, source), source)];
  const made = itemOf(member, 'constructor', source);
  const fields = member.parameters
    .filter((parameter) => parameter.modifiers !== undefined && isPublic(parameter))
    .map((parameter) => itemOf(parameter, nameOf(parameter, source), source));
  return [made, ...fields];
}

function itemOf(node: Node, name: string, source: SourceFile): ApiItem {
  return { name, signature: signatureOf(node, source), doc: docOf(node, source) };
}

function isPublic(node: Node): boolean {
  const { name } = node as { name?: Node };
  return (
    !modifiersOf(node).some(({ kind }) => HIDDEN.has(kind)) &&
    !(name !== undefined && isPrivateIdentifier(name))
  );
}

function hasModifier(node: Node, kind: SyntaxKind): boolean {
  return modifiersOf(node).some((modifier) => modifier.kind === kind);
}

function modifiersOf(node: Node): readonly Node[] {
  return (node as { modifiers?: readonly Node[] }).modifiers ?? [];
}

function nameOf(node: Node, source: SourceFile): string {
  const { name } = node as { name?: Node };
  assert(name !== undefined, `a ${SyntaxKind[node.kind]} without a name in ${source.fileName}`);
  return source.text.slice(getTokenPosOfNode(name, source), name.end);
}

/** Comments before a node, and whatever else is no part of it. */
function leadingText(node: Node, source: SourceFile): string {
  return source.text.slice(node.pos, getTokenPosOfNode(node, source));
}

function docOf(node: Node, source: SourceFile): DocComment | null {
  const comment = [...leadingText(node, source).matchAll(DOC_COMMENT)].at(-1);
  return comment === undefined ? null : parseDocComment(comment[0]);
}

/** From the first word that counts up to the body, without the comments in between. */
function signatureOf(node: Node, source: SourceFile): string {
  const words = modifiersOf(node)
    .filter(({ kind }) => !UNSAID.has(kind))
    .map((modifier) => source.text.slice(getTokenPosOfNode(modifier, source), modifier.end));
  const start = modifiersOf(node).at(-1)?.end ?? getTokenPosOfNode(node, source);
  const text = source.text.slice(start, endOfSignature(node));
  const whole = [...words, text.replaceAll(DOC_COMMENT, '')].join(' ');
  const plain = isConstructorDeclaration(node) ? whole.replaceAll(PARAMETER_MODIFIERS, '$1') : whole;
  return plain
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\( /g, '(')
    .replaceAll(/,? \)/g, ')')
    .replaceAll(/([(:=] )\| /g, '$1')
    .replace(/[\s;={,]+$/, '')
    .trim();
}

function endOfSignature(node: Node): number {
  if (isClassDeclaration(node) || isInterfaceDeclaration(node) || isEnumDeclaration(node)) {
    return node.members.pos;
  }
  if (isModuleDeclaration(node)) return node.name.end;
  if (isPropertyDeclaration(node) || isParameterDeclaration(node)) return node.type?.end ?? node.end;
  const { body } = node as { body?: Node };
  return body?.pos ?? node.end;
}
