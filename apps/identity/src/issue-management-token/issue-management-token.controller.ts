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
import { IssueSessionToken } from './issue-session-token.js';

@Controller('internal/management-tokens')
export class IssueManagementTokenController {
  constructor(
    private readonly issueManagementToken: IssueManagementToken,
    private readonly issueSessionToken: IssueSessionToken,
  ) {}

  /** The credential, or a session's secret (`Session ..`), is in `Authorization`; the body says where the caller sits, as the gateway saw it. */
  @Post()
  @InternalOnly()
  @Route({ statuses: [200, 401, 429, 503], output: managementTokenAnswer })
  async issue(
    @Headers('authorization') authorization: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Body({ schema: managementTokenRequest }) { address, userAgent }: ManagementTokenRequest,
  ): Promise<ManagementTokenAnswer> {
    const origin = { address, userAgent, traceId: traceIdOf(traceparent) };
    const secret = sessionIn(authorization);
    if (secret !== null) return this.issueSessionToken.execute({ secret, origin });
    return this.issueManagementToken.execute({ authorization, origin });
  }
}

/** Only the gateway writes this form, from a cookie. */
function sessionIn(authorization: string | undefined): string | null {
  return /^Session ([A-Za-z0-9_-]{1,200})$/.exec(authorization ?? '')?.[1] ?? null;
}
