import { afterEach, describe, expect, it, vi } from 'vitest';
import { armFailPoint, failPoint } from './fail-point.js';

const kill = vi.spyOn(process, 'kill').mockReturnValue(true);

afterEach(() => {
  armFailPoint(null);
  kill.mockClear();
});

describe('a fail point', () => {
  it('does nothing unless it is armed', () => {
    failPoint('upload:linked');
    armFailPoint({ point: 'upload:sealed', passing: 1 });
    failPoint('upload:linked');
    expect(kill).not.toHaveBeenCalled();
  });

  it('ends the process at the passing that was asked for, with no chance to clean up', () => {
    armFailPoint({ point: 'upload:linked', passing: 3 });
    failPoint('upload:linked');
    failPoint('upload:linked');
    expect(kill).not.toHaveBeenCalled();
    failPoint('upload:linked');
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
  });
});
