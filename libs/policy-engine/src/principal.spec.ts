import { describe, expect, it } from 'vitest';
import { decisionContext } from './decision-context.js';
import { principalOf } from './principal.js';

const spelled = { ref: 'user:ada', account: 'account-1', groups: ['group:a', 'group:b'] };
const ada = { ...spelled, scopeMapId: null };

describe('the principal of a caller', () => {
  it('is imported only when the caller says so', () => {
    expect(principalOf(spelled)).toEqual(ada);
    expect(principalOf({ ...spelled, imported: false })).toEqual(ada);
    expect(principalOf({ ...spelled, imported: true })).toEqual({ ...ada, isImported: true });
  });

  it('has nothing of what else is said of the caller', () => {
    expect(principalOf({ ...spelled, ...{ name: 'Ada', operator: true, token: 'secret' } })).toEqual(ada);
  });

  it.each([{ ref: 'Ada' }, { groups: ['group:a', 'b'] }])('is none for %o', (wrong) => {
    expect(() => principalOf({ ...spelled, ...wrong })).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });
});

describe('when and where something is done', () => {
  it.each([null, undefined])('has no address when it is %s', (address) => {
    expect(decisionContext(7, address)).toStrictEqual({ atMs: 7 });
  });

  it('has the address that is known', () => {
    expect(decisionContext(7, '10.0.0.1')).toStrictEqual({ atMs: 7, address: '10.0.0.1' });
  });
});
