/** XML that is also HTML, built from data: all text is escaped, every element is closed. */

/** Made here alone, so it is safe to write out. */
export interface Markup {
  readonly markup: string;
}

/** A string is text. */
export type Child = Markup | string;

export type Attributes = Readonly<Record<string, string | number>>;

/** HTML knows them without an end, XML wants the slash; both take the slash. */
const VOID = new Set(['meta', 'rect', 'line']);

export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const head = [
    name,
    ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(valueText(value))}"`),
  ];
  const content = children
    .map((child) => (typeof child === 'string' ? escaped(child) : child.markup))
    .join('');
  return {
    markup:
      VOID.has(name) && content === '' ? `<${head.join(' ')}/>` : `<${head.join(' ')}>${content}</${name}>`,
  };
}

/** Of our own making: no text of others, no `<` and no `&`. */
export function styleSheet(css: string): Markup {
  return { markup: `<style>${css}</style>` };
}

function valueText(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Not allowed in XML, even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff\p{Cs}\p{Bidi_Control}]/gu;

function escaped(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
