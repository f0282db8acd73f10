import type { Provider, Type } from '@nestjs/common';
import { ChosenScopeMaps } from './import-tokens/chosen-scope-maps.js';
import { ImportBatch } from './import-tokens/import-batch.js';
import { ImportTokensController } from './import-tokens/import-tokens.controller.js';
import { ImportTokens } from './import-tokens/import-tokens.js';
import { LastingCallers } from './lasting-caller.js';
import { RevokeTokensController } from './revoke-tokens/revoke-tokens.controller.js';
import { RevokeBatch } from './revoke-tokens/revoke-batch.js';
import { RevokeTokens } from './revoke-tokens/revoke-tokens.js';
import { PostgresTokenBatchStore } from './storage/token-batch.store.js';
import { TOKEN_BATCH_STORE } from './token-batch.js';

/** The part of the composition root that handles tokens by the thousand. */
export const manyTokens: { readonly controllers: readonly Type[]; readonly providers: readonly Provider[] } = {
  controllers: [ImportTokensController, RevokeTokensController],
  providers: [
    { provide: TOKEN_BATCH_STORE, useClass: PostgresTokenBatchStore },
    LastingCallers,
    ChosenScopeMaps,
    ImportBatch,
    ImportTokens,
    RevokeBatch,
    RevokeTokens,
  ],
};
