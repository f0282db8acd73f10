import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { Report } from './report.js';

/** What only platform operators do: it concerns the installation, and no account alone. */
@Injectable()
export class OperatorAccess {
  constructor(private readonly report: Report) {}

  /** @throws AppError 'denied' `not-operator` (with an entry in the audit log) for everybody else */
  async require(caller: Caller, action: string, resourceName: string): Promise<void> {
    if (caller.operator) return;
    await this.report.refused({ caller, action, registryId: null, resourceName }, 'not-operator');
    throw new AppError({ kind: 'denied', code: 'not-operator', message: 'only a platform operator may do this' });
  }
}
