import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import { answerOfCertificate, certificateAnswer, type CertificateAnswer } from '../certificate-answer.js';
import { maxCertificateLength, readClientCertificate } from '../client-certificate.js';
import { passwordAddress, type PasswordAddress } from '../token-address.js';
import { PutCertificate } from './put-certificate.js';

const newCertificate = z.strictObject({ pem: z.string().min(1).max(maxCertificateLength) });

@Controller('api/v1/registries/:registry/tokens')
export class PutCertificateController {
  constructor(private readonly putCertificate: PutCertificate) {}

  @Put(':name/certificates/:slot')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 409, 413, 503], output: certificateAnswer })
  async put(
    @CallerParam() caller: Caller,
    @Param({ schema: passwordAddress }) address: PasswordAddress,
    @Body({ schema: newCertificate }) { pem }: z.infer<typeof newCertificate>,
  ): Promise<CertificateAnswer> {
    const given = readClientCertificate(pem);
    return answerOfCertificate(await this.putCertificate.execute(caller, { ...address, given }));
  }
}
