import {
  managementTokenAnswer,
  managementTokenRequest,
  type ManagementTokenAnswer,
  type ManagementTokenRequest,
} from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { traceIdOf } from '@berth/telemetry';
import { Body, Controller, Headers, Post } from '@nestjs/common';
import { IssueManagementToken } from './issue-management-token.js';

@Controller('internal/management-tokens')
export class IssueManagementTokenController {
  constructor(private readonly issueManagementToken: IssueManagementToken) {}

  /** The credential is in `Authorization`; the body says where the caller sits, as the gateway saw it. */
  @Post()
  @InternalOnly()
  @Route({ statuses: [200, 401, 429, 503], output: managementTokenAnswer })
  async issue(
    @Headers('authorization') authorization: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Body({ schema: managementTokenRequest }) { address, userAgent }: ManagementTokenRequest,
  ): Promise<ManagementTokenAnswer> {
    const origin = { address, userAgent, traceId: traceIdOf(traceparent) };
    return this.issueManagementToken.execute({ authorization, origin });
  }
}
