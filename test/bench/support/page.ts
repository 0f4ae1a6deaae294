// Reads the markup of a report as strictly as XML is read, so that nothing is left to the mercy of a browser.

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (Element | string)[];
}

/** HTML, 13.1.2. */
const VOID = ['meta', 'br', 'hr', 'img', 'link'];

/** The element `html` of a page. @throws Error where a tag, an attribute or a reference is not well formed */
export function parsePage(page: string): Element {
  const root: Mutable = { name: '', attributes: new Map(), children: [] };
  const open = [root];
  const token =
    /<!doctype html>|<style>[^<]*<\/style>|<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  while (token.lastIndex < page.length) {
    const at = token.lastIndex;
    const match = token.exec(page);
    if (match === null) throw new Error(`no markup: ${page.slice(at, at + 80)}`);
    const [, slash, name, attributes, isClosed, text] = match;
    const inner = open.at(-1)!;
    if (text !== undefined) inner.children.push(unescaped(text));
    else if (name === undefined) continue;
    else if (slash === '/') {
      if (inner.name !== name) throw new Error(`</${name}> ends ${inner.name}`);
      open.pop();
    } else {
      const element: Mutable = { name, attributes: attributesOf(attributes!), children: [] };
      inner.children.push(element);
      if (isClosed !== '/' && !VOID.includes(name)) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`${open.at(-1)!.name} never ends`);
  return root.children.find((child): child is Mutable => typeof child !== 'string')!;
}

interface Mutable extends Element {
  readonly children: (Mutable | string)[];
}

function attributesOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/([a-zA-Z][a-zA-Z0-9:-]*)="([^"]*)"/g)].map(([, name, value]) => [
      name!,
      unescaped(value!),
    ]),
  );
}

const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescaped(text: string): string {
  return text.replace(/&(\w+;|#\d+;|)/g, (_, name: string) => {
    const character = REFERENCES[name.slice(0, -1)];
    if (character === undefined) throw new Error(`&${name} is no reference`);
    return character;
  });
}

/** The element and all below it, in the order of the page. */
export function elementsOf(element: Element): Element[] {
  return [
    element,
    ...element.children.flatMap((child) => (typeof child === 'string' ? [] : elementsOf(child))),
  ];
}

export function named(element: Element, name: string): Element[] {
  return elementsOf(element).filter((each) => each.name === name);
}

/** All text below it. */
export function textOf(element: Element): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}
