import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseAction, parseRepositoryPattern } from '@berth/access';
import { decide } from './decide.js';
import type { Decision, DecisionRequest, DefinitionsView } from './decision.js';
import { parsePrincipalRef } from './principal.js';
import { indexScopeMap } from './scope-map.js';

const status = z.enum(['active', 'deleted']);
const ref = z.string().transform(parsePrincipalRef);
const definition = { id: z.string(), account: z.string(), version: z.number(), status };
const scopeMap = z
  .strictObject({ ...definition, registryId: z.string(), name: z.string(), actions: z.array(z.string()) })
  .transform(indexScopeMap);
const scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account') }),
  z.strictObject({ kind: z.literal('registry'), registryId: z.string() }),
  z.strictObject({
    kind: z.literal('repository'),
    registryId: z.string(),
    pattern: z.string().transform(parseRepositoryPattern),
  }),
]);
const principal = z.strictObject({
  ref,
  account: z.string(),
  groups: z.array(ref),
  scopeMapId: z.string().nullable(),
});

/** One case: `ask` is "principal action repository" (`-` = none), `allow` is "kind id version" of what decides. */
const oneCase = z.strictObject({
  name: z.string(),
  ask: z.string(),
  account: z.string().default('default'),
  registry: z.string().nullable().default('local'),
  allow: z.string().optional(),
  deny: z.string().optional(),
  message: z.string().optional(),
});
const caseFile = z.strictObject({
  about: z.string(),
  scopeMaps: z.array(scopeMap),
  roleAssignments: z.array(z.strictObject({ ...definition, principal: ref, role: z.string(), scope })),
  principals: z.record(z.string(), principal),
  cases: z.array(oneCase),
});
type CaseFile = z.infer<typeof caseFile>;

function viewOf({ scopeMaps, roleAssignments }: CaseFile): DefinitionsView {
  return {
    scopeMap: (id) => scopeMaps.find((map) => map.id === id) ?? null,
    roleAssignmentsOf: (of) => roleAssignments.filter((assignment) => assignment.principal === of),
  };
}

function requestOf(file: CaseFile, { ask, account, registry }: z.infer<typeof oneCase>): DecisionRequest {
  const [who = '', what = '', where = ''] = ask.split(' ');
  const asking = file.principals[who];
  const action = parseAction(what);
  if (asking === undefined || action === null) throw new Error(`the case asks for an unknown thing: ${ask}`);
  const repository = where === '-' ? null : parseRepositoryPattern(where);
  return { principal: asking, action, account, registryId: registry, repository };
}

function expectationOf({ allow, deny, message }: z.infer<typeof oneCase>): Decision {
  if ((allow === undefined) === (deny === undefined)) throw new Error('a case says either allow or deny');
  if (deny !== undefined) return expect.objectContaining({ effect: 'deny', reason: deny, ...(message && { message }) });
  const [kind, id, version] = (allow ?? '').split(' ');
  return expect.objectContaining({ effect: 'allow', by: { kind, id, version: Number(version) } });
}

const folder = new URL('./cases/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('decide', () => {
  describe.each(files)('cases of %s', (name) => {
    const file = caseFile.parse(parse(readFileSync(new URL(name, folder), 'utf8')));

    it.each(file.cases)('$name', (each) => {
      expect(decide(viewOf(file), requestOf(file, each))).toEqual(expectationOf(each));
    });

    it('has a name of its own for every case', () => {
      expect(new Set(file.cases.map((each) => each.name)).size).toBe(file.cases.length);
    });
  });

  it('finds its case files', () => {
    expect(files.length).toBeGreaterThanOrEqual(2);
  });
});
