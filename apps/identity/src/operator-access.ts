import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { Report, type ManagementFacts } from './report.js';

/** What only platform operators do: it concerns the installation, no registry and no account alone. */
@Injectable()
export class OperatorAccess {
  constructor(private readonly report: Report) {}

  /**
   * @returns what the audit log is told of it
   * @throws AppError 'denied' (with an entry in the audit log) for everybody else
   */
  async authorize(caller: Caller, action: string, resourceName: string): Promise<ManagementFacts> {
    const { ref, name, account, address, userAgent, traceId, operator } = caller;
    const origin = { address, userAgent, traceId };
    const facts = { account, actor: { id: ref, name }, origin, action, registryId: null, resourceName };
    if (operator) return facts;
    await this.report.refused(facts, 'not-operator');
    throw new AppError({ kind: 'denied', code: 'not-operator', message: 'only a platform operator may do this' });
  }
}
