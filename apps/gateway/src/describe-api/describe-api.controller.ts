import { OpenToAll, Route } from '@berth/http';
import { Controller, Get } from '@nestjs/common';
import { DescribeApi } from './describe-api.js';

/** `GET /api/v1/openapi.json` */
@Controller()
export class DescribeApiController {
  constructor(private readonly describeApi: DescribeApi) {}

  @Get('api/v1/openapi.json')
  @OpenToAll('what addresses there are says nothing about anybody')
  @Route({ statuses: [200, 503] })
  async describe(): Promise<object> {
    return this.describeApi.execute();
  }
}
