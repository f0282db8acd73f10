import { CallerParam, ForCaller, pageOf, Route, type Caller, type Page } from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { answerOfCertificate, certificateAnswer, type CertificateAnswer } from '../certificate-answer.js';
import { KnownTokens } from '../known-tokens.js';
import { tokenAddress, type TokenAddress } from '../token-address.js';
import { TOKEN_CERTIFICATE_STORE, type TokenCertificateStore } from '../token-certificate.js';

@Controller('api/v1/registries/:registry/tokens')
export class ListCertificatesController {
  constructor(
    private readonly tokens: KnownTokens,
    @Inject(TOKEN_CERTIFICATE_STORE) private readonly certificates: TokenCertificateStore,
    private readonly db: Database,
  ) {}

  /** Both, if there are two. */
  @Get(':name/certificates')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(certificateAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: tokenAddress }) address: TokenAddress,
  ): Promise<Page<CertificateAnswer>> {
    const token = await this.tokens.read(caller, address);
    return { items: (await this.certificates.of(this.db, token)).map(answerOfCertificate), next: null };
  }
}
