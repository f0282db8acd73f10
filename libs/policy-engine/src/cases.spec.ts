import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseAction, parseRepositoryPattern } from '@berth/access';
import { caseFile, definitionsOf } from './case-file.suite.js';
import type { CaseFile, OneCase } from './case-file.suite.js';
import { decideAll } from './decide.js';
import type { Decision, DecisionRequest } from './decision.js';
import { viewOfDefinitions } from './definitions.suite.js';

type Question = Omit<DecisionRequest, 'action'> & { readonly actions: readonly DecisionRequest['action'][] };

/** One question for each action that is asked by itself. */
function questionsOf(file: CaseFile, { ask, account, registry, region, ...facts }: OneCase): Question[] {
  const [who = '', what = '', where = ''] = ask.split(' ');
  const principal = file.principals[who];
  if (principal === undefined) throw new Error(`the case asks for an unknown principal: ${ask}`);
  const { at, address, tags, movesTag, carries } = facts;
  const context = {
    ...(at !== undefined && { atMs: Date.parse(at) }),
    ...(address !== undefined && { address }),
    ...(tags !== undefined && { tags }),
    ...(movesTag !== undefined && { movesTag }),
    ...(carries !== undefined && { carriesConditions: carries }),
  };
  const place = { account, registryId: registry, region, ...placeOf(where), context };
  return what.split(',').map((each) => ({ ...place, principal, actions: each.split('+').map(known) }));
}

function placeOf(where: string): Pick<DecisionRequest, 'repository' | 'namespace' | 'resourceGroup'> {
  if (where.startsWith('ns:')) return { repository: null, namespace: where.slice(3) };
  if (where.startsWith('group:')) return { repository: null, resourceGroup: where.slice(6) };
  return { repository: where === '-' ? null : parseRepositoryPattern(where) };
}

function known(spelling: string): DecisionRequest['action'] {
  const action = parseAction(spelling);
  if (action === null) throw new Error(`the case asks for an unknown action: ${spelling}`);
  return action;
}

function expectationOf({ allow, deny, message }: OneCase): Decision {
  if ((allow === undefined) === (deny === undefined)) throw new Error('a case says either allow or deny');
  if (deny !== undefined) return expect.objectContaining({ effect: 'deny', reason: deny, ...(message && { message }) });
  const [kind, id, version] = (allow ?? '').split(' ');
  return expect.objectContaining({ effect: 'allow', by: { kind, id, version: Number(version) } });
}

const folder = new URL('./cases/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const read = (name: string) => caseFile.parse(parse(readFileSync(new URL(name, folder), 'utf8')));

const serviceRoles = ['service-roles-to-configure.yaml', 'service-roles-to-use.yaml'];
const operations = ['operations-to-configure.yaml', 'operations-to-use.yaml'];

describe('decide', () => {
  describe.each(files)('cases of %s', (name) => {
    const file = read(name);
    const view = viewOfDefinitions(definitionsOf(file));

    it.each(file.cases)('$name', (each) => {
      for (const question of questionsOf(file, each)) expect(decideAll(view, question)).toEqual(expectationOf(each));
    });

    it('has a name of its own for every case', () => {
      expect(new Set(file.cases.map((each) => each.name)).size).toBe(file.cases.length);
    });
  });

  it.each([
    ['S2', ['role-table.yaml'], /^S2-(?!\d)/, 49, 19],
    ['S3', ['role-table-with-quarantine.yaml'], /^S3-(?!\d)/, 64, 19],
    ['S4 roles', serviceRoles, /-(?:Reader|Writer|Manager)$/, 66, 38],
    ['S4 Reader with Writer', serviceRoles, /-ReaderWriter$/, 22, 13],
    ['S4 operations', operations, /^S4-OP\d\d-/, 148, 89],
    ['S4 decision table', ['policy-targets.yaml'], /^S4-T\d\d-/, 24, 11],
  ])('has every cell of the table %s, with as many allowed as the source says', (_, names, id, cells, allowed) => {
    const cases = names.flatMap((name) => read(name).cases).filter((each) => id.test(each.name));

    expect(cases).toHaveLength(cells);
    expect(cases.filter((each) => each.allow !== undefined)).toHaveLength(allowed);
  });
});
