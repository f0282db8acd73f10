import { readFileSync } from 'node:fs';

const everyMs = 100;

/** Resident memory of processes together, in bytes. */
export function residentBytes(pids) {
  return pids.reduce((sum, pid) => {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return sum + Number(kibibytes) * 1024;
  }, 0);
}

/**
 * Watches the resident memory of processes during some work.
 *
 * @returns {Promise<{ before: number, peak: number, after: number, seconds: number }>} in MiB; `after` a moment of rest later
 */
export async function watchMemory(pids, work) {
  const before = residentBytes(pids);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pids));
  }, everyMs);
  const startedAt = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1));
  peak = Math.max(peak, residentBytes(pids));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const mebibytes = (bytes) => Math.round(bytes / 1024 / 1024);
  return { before: mebibytes(before), peak: mebibytes(peak), after: mebibytes(residentBytes(pids)), seconds };
}
