// Values and commands as the code would write them. The source of all of it is untrusted.

import type { End, Step, Stored, Witness } from './reports';

/** Makes visible what a screen would obey or not show: control characters, and marks that reorder text. */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
}

/** A value of Extended JSON. */
export function value(it: unknown): string {
  if (Array.isArray(it)) return `[${it.map(value).join(', ')}]`;
  if (typeof it === 'string') return quoted(it);
  if (typeof it !== 'object' || it === null) return String(it);
  const entries = Object.entries(it);
  const [name, inner] = entries[0] ?? [];
  if (entries.length === 1 && name === '$oid') return `ObjectId(${value(inner)})`;
  if (entries.length === 1 && name === '$date') return `new Date(${value(inner)})`;
  if (entries.length === 1 && name?.startsWith('$number') && typeof inner === 'string') return inner;
  return entries.length === 0 ? '{}' : `{ ${entries.map(([key, of]) => `${keyed(key)}: ${value(of)}`).join(', ')} }`;
}

function quoted(text: string): string {
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t');
  return `'${visible(escaped)}'`;
}

function keyed(key: string): string {
  return /^[$A-Z_a-z][$\w]*$/.test(key) ? key : quoted(key);
}

export function command({ command }: Step): string {
  if ('effect' in command) return visible(command.effect);
  return visible(`${command.collection}.${command.method}`) + `(${command.arguments.map(value).join(', ')})`;
}

/** `chats [{ … }], jobs []`: the documents of each collection, without its name where there is but one. */
export function documents(list: Stored[], witness: Witness): string {
  const names = [...new Set([...witness.start, ...witness.outcome.documents].map(({ collection }) => collection))];
  const texts = names.map((name) => {
    const of = list.filter(({ collection }) => collection === name).map(({ document }) => value(document));
    return `${names.length > 1 ? `${visible(name)} ` : ''}[${of.join(', ')}]`;
  });
  return texts.join(', ') || '[]';
}

export function end(it: End, witness: Witness): string {
  const effects = it.effects.length > 0 ? ` and done: ${it.effects.map(visible).join(', ')}` : '';
  return documents(it.documents, witness) + effects;
}

/** What the requests store one after the other; two orders that end alike are told once. */
export function serial(witness: Witness): string[] {
  return [...new Set(witness.serial.map((it) => end(it, witness)))];
}

const KINDS: Record<Witness['kind'], string> = {
  race: 'Two requests in this order leave what no order of the two, one after the other, leaves.',
  actsTwice: 'Two requests in this order both act.',
  retryDiffers: 'A request that runs again after itself leaves something else than one that runs once.',
};

export function summary(witness: Witness): string {
  return KINDS[witness.kind];
}
