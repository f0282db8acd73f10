import type { Runtime } from '@berth/foundation';
import type { Provider, Type } from '@nestjs/common';
import type { IdentityConfig } from './config.js';
import { ACCOUNT_REMAINS_STORE } from './account-remains.js';
import { CountTokensController } from './count-tokens/count-tokens.controller.js';
import { CountTokens } from './count-tokens/count-tokens.js';
import { DeletePasswordController } from './delete-password/delete-password.controller.js';
import { DeletePassword } from './delete-password/delete-password.js';
import { AccountRemainsReport } from './delete-remains/account-remains-report.js';
import { AccountRemainsRounds } from './delete-remains/account-remains-rounds.js';
import { DeleteAccountRemains } from './delete-remains/delete-account-remains.js';
import { DeleteRemains, RemainsStores } from './delete-remains/delete-remains.js';
import { EndingAccounts } from './delete-remains/ending-accounts.js';
import { RemainsReport } from './delete-remains/remains-report.js';
import { DELETE_EVERY_MS, RemainsRounds } from './delete-remains/remains-rounds.js';
import { DeleteTokenController } from './delete-token/delete-token.controller.js';
import { DeleteToken } from './delete-token/delete-token.js';
import { EXPIRING_PASSWORD_STORE } from './expiring-password.js';
import { GeneratePasswordController } from './generate-password/generate-password.controller.js';
import { GeneratePassword } from './generate-password/generate-password.js';
import { GetTokenController } from './get-token/get-token.controller.js';
import { GetToken } from './get-token/get-token.js';
import { ChosenScopeMaps } from './import-tokens/chosen-scope-maps.js';
import { ImportBatch } from './import-tokens/import-batch.js';
import { ImportTokensController } from './import-tokens/import-tokens.controller.js';
import { ImportTokens } from './import-tokens/import-tokens.js';
import { LastingCallers } from './lasting-caller.js';
import { ListTokensController } from './list-tokens/list-tokens.controller.js';
import { ListTokens } from './list-tokens/list-tokens.js';
import { NoticeExpiry } from './notice-expiry/notice-expiry.js';
import { PatchTokenController } from './patch-token/patch-token.controller.js';
import { PatchToken } from './patch-token/patch-token.js';
import { PutTokenController } from './put-token/put-token.controller.js';
import { PutToken } from './put-token/put-token.js';
import { REMAINS_STORE } from './registry-remains.js';
import { TOKEN_STORE } from './repository-token.js';
import { RevokeTokensController } from './revoke-tokens/revoke-tokens.controller.js';
import { RevokeBatch } from './revoke-tokens/revoke-batch.js';
import { RevokeTokens } from './revoke-tokens/revoke-tokens.js';
import { ScopeMapChoice } from './scope-map-choice.js';
import { PostgresAccountRemainsStore } from './storage/account-remains.store.js';
import { PostgresExpiringPasswordStore } from './storage/expiring-password.store.js';
import { PostgresRemainsStore } from './storage/remains.store.js';
import { PostgresTokenBatchStore } from './storage/token-batch.store.js';
import { PostgresTokenStore } from './storage/token.store.js';
import { TOKEN_BATCH_STORE } from './token-batch.js';
import { TokenChanges } from './token-changes.js';

/** The part of the composition root that handles repository tokens, one by one and by the thousand. */
export const tokenControllers: readonly Type[] = [
  ImportTokensController,
  RevokeTokensController,
  PutTokenController,
  PatchTokenController,
  GetTokenController,
  ListTokensController,
  DeleteTokenController,
  GeneratePasswordController,
  DeletePasswordController,
  CountTokensController,
];

export function tokenProviders({ config }: Runtime<IdentityConfig>): readonly Provider[] {
  return [
    { provide: TOKEN_STORE, useClass: PostgresTokenStore },
    { provide: TOKEN_BATCH_STORE, useClass: PostgresTokenBatchStore },
    { provide: EXPIRING_PASSWORD_STORE, useClass: PostgresExpiringPasswordStore },
    { provide: REMAINS_STORE, useClass: PostgresRemainsStore },
    { provide: ACCOUNT_REMAINS_STORE, useClass: PostgresAccountRemainsStore },
    { provide: DELETE_EVERY_MS, useValue: config.BERTH_DELETION_INTERVAL * 1000 },
    ...[RemainsStores, RemainsReport, DeleteRemains, RemainsRounds],
    ...[EndingAccounts, AccountRemainsReport, DeleteAccountRemains, AccountRemainsRounds],
    ...[ScopeMapChoice, TokenChanges, PutToken, PatchToken, GetToken, ListTokens, DeleteToken],
    ...[GeneratePassword, DeletePassword, CountTokens, NoticeExpiry],
    ...[LastingCallers, ChosenScopeMaps, ImportBatch, ImportTokens, RevokeBatch, RevokeTokens],
  ];
}
