// The little of the WebAssembly binary format (core specification §5.5) that a build needs: custom sections and the
// list of imports.

const CUSTOM_SECTION = 0;

/** Appends a custom section. The module is not checked. */
export function appendCustomSection(wasm: Uint8Array, name: string, payload: Uint8Array): Uint8Array {
  const nameBytes = Buffer.from(name, 'utf8');
  const content = Buffer.concat([leb128(nameBytes.length), nameBytes, payload]);
  return Buffer.concat([wasm, Buffer.from([CUSTOM_SECTION]), leb128(content.length), content]);
}

/** Imports of a module, in order. */
export function readImports(wasm: Uint8Array): { readonly module: string; readonly name: string }[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
}

function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return Uint8Array.from(bytes);
}
