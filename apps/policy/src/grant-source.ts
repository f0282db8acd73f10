import type { AssignmentScope, Definition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** Whose grants are read, and about which registries decisions will be made with them. */
export interface GrantQuestion {
  readonly account: string;
  /** A principal and its groups. */
  readonly principals: readonly string[];
  /** null = all registries of the account. */
  readonly registryIds: readonly string[] | null;
}

/** All that decisions about somebody are made from, as the tables say now. */
export abstract class GrantSource {
  /**
   * Role assignments with their custom roles, access policies, the account's enforcement; and of the registries what they
   * are, what they open to everybody and what is prohibited. In the order in which it was made, in one statement.
   */
  abstract heldBy(db: Queryable, question: GrantQuestion): Promise<Definition[]>;
  /** The namespaces that were put into a resource group themselves; only these differ from their registry. */
  abstract namespacesOf(db: Queryable, account: string, registryIds: readonly string[] | null): Promise<Definition[]>;
  /**
   * Until the transaction ends nobody else writes roles, assignments or access policies of the account: whether a role is
   * in use, or an Owner the last, stays so. Before any row lock.
   */
  abstract lock(tx: Transaction, account: string): Promise<void>;
}

/** Whether anything that was read depends on which resource group a namespace belongs to. */
export function namesResourceGroup(definitions: readonly Definition[]): boolean {
  return definitions.some((each) => {
    switch (each.kind) {
      case 'role-assignment':
      case 'prohibition':
        return isOfGroup(each.scope);
      case 'role-definition':
        return each.assignableScopes.some(isOfGroup);
      case 'access-policy':
        return each.target.resourceGroup !== null;
      default:
        return false;
    }
  });
}

function isOfGroup({ kind }: AssignmentScope): boolean {
  return kind === 'resource-group';
}
