import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Delete, Param } from '@nestjs/common';
import { CertificateChanges } from '../certificate-changes.js';
import { KnownTokens } from '../known-tokens.js';
import { passwordAddress, type PasswordAddress } from '../token-address.js';

@Controller('api/v1/registries/:registry/tokens')
export class DeleteCertificateController {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly changes: CertificateChanges,
  ) {}

  /** What was issued for it ends; the other certificate and the passwords go on. */
  @Delete(':name/certificates/:slot')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: passwordAddress }) { slot, ...address }: PasswordAddress,
  ): Promise<void> {
    await this.tokens.change(caller, address, (tx, by, token) => this.changes.delete(tx, by, { token, slot }));
  }
}
