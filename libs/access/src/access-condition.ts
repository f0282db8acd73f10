import { BlockList, isIP } from 'node:net';
import { AppError } from '@berth/errors';
import type { Action } from './action.js';
import { isTagPattern, tagPatternCovers } from './tag-pattern.js';

/** A condition as people write it; what is absent does not bind. */
export interface AccessConditionRecord {
  /** Tag patterns, a tag or a start with one `*` at the end; at least one must match each tag written or deleted. */
  readonly tags?: readonly string[] | undefined;
  /** Networks such as `10.0.0.0/8`; the client's address must lie in one of them. */
  readonly cidrs?: readonly string[] | undefined;
  /** ISO 8601; from this instant on. */
  readonly notBefore?: string | undefined;
  /** ISO 8601; until this instant, exclusively. */
  readonly notAfter?: string | undefined;
  /** A tag that is there is not pointed at anything else. */
  readonly createOnly?: true | undefined;
}

/** A condition made ready for use; null = does not bind. */
export interface AccessCondition {
  readonly tags: readonly string[] | null;
  readonly cidrs: readonly string[] | null;
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  readonly isCreateOnly: boolean;
  readonly networks: AddressRanges | null;
}

/** What is known when a right is used; undefined = not known, so that a condition on it is not met. */
export interface UseFacts {
  /** Epoch milliseconds. */
  readonly atMs?: number;
  /** The client's address, v4 or v6. */
  readonly address?: string;
  /** Every tag that the request writes or deletes, also through a digest; none for a blob. */
  readonly tags?: readonly string[];
  /** Whether a tag that is there would be pointed at something else. */
  readonly movesTag?: boolean;
}

/** What of a condition is not met. */
export type UnmetCondition = 'tags' | 'network' | 'time' | 'create-only';

/** Networks to look an address up in. */
export interface AddressRanges {
  contains(address: string): boolean;
}

const keys: ReadonlySet<string> = new Set(['tags', 'cidrs', 'notBefore', 'notAfter', 'createOnly']);
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
const maxEntries = 100;

/** What tags bind: everything that writes or deletes content or its metadata. */
const boundByTags: ReadonlySet<Action> = new Set<Action>([
  'content/write',
  'content/delete',
  'metadata/write',
  'signature/write',
]);

/** What may point a tag at something. Who may delete one as well may also make it anew. */
const boundByCreateOnly: ReadonlySet<Action> = new Set<Action>(['content/write', 'signature/write']);

/**
 * Reads a condition. A key that isn't known is refused: a condition that nobody enforces would grant too much.
 *
 * @throws AppError 'malformed' with code `invalid_condition`
 */
export function parseAccessCondition(record: AccessConditionRecord): AccessCondition {
  const unknown = Object.keys(record).find((key) => !keys.has(key));
  if (unknown !== undefined) throw invalid(`there is no condition ${JSON.stringify(unknown.slice(0, 100))}`);
  const { tags, cidrs, notBefore, notAfter, createOnly } = record;
  const wrongTag = tags?.find((tag) => !isTagPattern(tag));
  if (wrongTag !== undefined) throw invalid(`${JSON.stringify(wrongTag.slice(0, 200))} is no tag and no start of tags`);
  for (const list of [tags, cidrs]) {
    if (list !== undefined && (list.length === 0 || list.length > maxEntries)) throw invalid('1 to 100 entries');
  }
  return {
    tags: tags ?? null,
    cidrs: cidrs ?? null,
    networks: cidrs === undefined ? null : parseAddressRanges(cidrs),
    notBeforeMs: parseInstant(notBefore),
    notAfterMs: parseInstant(notAfter),
    isCreateOnly: parseCreateOnly(createOnly),
  };
}

/** What of a condition an action does not meet, or null. Tags bind only what writes or deletes, create-only what writes. */
export function unmetBy(condition: AccessCondition, action: Action, facts: UseFacts): UnmetCondition | null {
  const { tags, networks, notBeforeMs, notAfterMs, isCreateOnly } = condition;
  const { atMs, address } = facts;
  if (notBeforeMs !== null && (atMs === undefined || atMs < notBeforeMs)) return 'time';
  if (notAfterMs !== null && (atMs === undefined || atMs >= notAfterMs)) return 'time';
  if (networks !== null && (address === undefined || !networks.contains(address))) return 'network';
  if (isCreateOnly && boundByCreateOnly.has(action) && facts.movesTag !== false) return 'create-only';
  if (tags === null || !boundByTags.has(action)) return null;
  return facts.tags?.every((tag) => tags.some((pattern) => tagPatternCovers(pattern, tag))) === true ? null : 'tags';
}

/**
 * Reads networks in CIDR notation, v4 and v6. A v4 address in its v6 form (`::ffff:10.0.0.1`) is the v4 address.
 *
 * @throws AppError 'malformed' with code `invalid_condition`
 */
export function parseAddressRanges(cidrs: readonly string[]): AddressRanges {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [, address = '', bits = ''] = /^([0-9a-fA-F.:]{2,45})\/(\d{1,3})$/.exec(cidr) ?? [];
    const family = isIP(address);
    if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) {
      throw invalid(`${JSON.stringify(cidr.slice(0, 100))} is no network such as 10.0.0.0/8`);
    }
    list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    contains(address) {
      const plain =
        address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

/** `false` would read as if it lifted another condition, which nothing does. */
function parseCreateOnly(value: unknown): boolean {
  if (value === undefined || value === true) return value === true;
  throw invalid('createOnly is true or left out');
}

function parseInstant(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = instant.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw invalid(`${JSON.stringify(text.slice(0, 100))} is no instant such as 2030-01-31T00:00:00Z`);
  return ms;
}

function invalid(why: string): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid_condition', message: `invalid condition: ${why}` });
}
