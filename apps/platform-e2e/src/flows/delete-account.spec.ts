import { ManagementClient, sharedPlatform, waitFor } from '@berth/testing';
import { describe, expect, it } from 'vitest';

const { management, origin } = sharedPlatform();
const password = 'a long pass phrase of nobody';

describe('the deletion of an account', () => {
  it('ends who is in it at once, and then the account, in every service', async () => {
    const { id: account } = await management.do<{ id: string }>('POST', '/accounts', { name: 'leaver' });
    const owner = await management.do<{ id: string }>('POST', '/users', { name: 'lea', password, account });
    await management.do('PUT', `/accounts/leaver/owners/user:${owner.id}`);
    const lea = new ManagementClient(origin, { username: 'leaver/lea', password });
    const { value: robot } = await waitFor('an Owner to be one', { withinMs: 10_000 }, async () => {
      const made = await lea.call('POST', '/service-ids', { name: 'robot' });
      return made.status === 201 ? (made.body as { id: string }) : null;
    });
    const { apiKey } = await lea.do<{ apiKey: string }>('POST', `/service-ids/${robot.id}/api-keys`, {});
    const machine = new ManagementClient(origin, { username: 'robot', password: apiKey });
    expect((await machine.call('GET', '/registries')).status).toBe(403);

    expect((await management.call('DELETE', '/accounts/leaver')).status).toBe(202);
    await waitFor('its credentials to be nobody`s', { withinMs: 2_000 }, async () => {
      const answers = await Promise.all([lea.call('GET', '/users/me'), machine.call('GET', '/registries')]);
      return answers.every(({ status }) => status === 401) ? true : null;
    });
    await waitFor('the account to be gone', { withinMs: 30_000 }, async () =>
      (await management.call('GET', '/accounts/leaver')).status === 404 ? true : null,
    );
    expect((await lea.call('GET', '/users/me')).status).toBe(401);
    const again = await management.call('POST', '/accounts', { name: 'leaver' });
    expect(again).toMatchObject({ status: 409, body: { code: 'name-held-back' } });
  });
});
