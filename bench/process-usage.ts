// What a process and its children have used, from /proc: proc_pid_stat(5), proc_pid_statm(5).
// Only Linux has it.

import { existsSync, readFileSync } from 'node:fs';

/** _SC_CLK_TCK is 100 on every architecture that Node.js runs on. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

/** User and system time in µs of all threads of the process and of its descendants. */
export function cpuMicros(pid: number): number {
  return family(pid).reduce((sum, one) => sum + ticksOf(one), 0) * (1e6 / ticksPerSecond);
}

/** Resident memory in bytes, without children. */
export function residentBytes(pid: number): number {
  return Number(readProcess(`${pid}/statm`).split(' ')[1] ?? 0) * pageBytes;
}

function ticksOf(pid: number): number {
  const text = readProcess(`${pid}/stat`);
  // Behind the program's name, which may hold anything: utime, stime and those of ended children.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
}

function family(pid: number): number[] {
  const children = readProcess(`${pid}/task/${pid}/children`).trim();
  if (children === '') return [pid];
  return [pid, ...children.split(' ').flatMap(child => family(Number(child)))];
}

/** Empty for a process that has ended. */
function readProcess(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** Whether this system can tell. */
export function hasProcessUsage(): boolean {
  return existsSync('/proc/self/statm');
}
