/** Hardware beside the processor that delegates and execution providers could use, as far as Linux shows it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Accelerator {
  readonly kind: 'Coral Edge TPU' | 'NVIDIA card' | 'graphics card';
  /** A device file, or a place on the USB bus. */
  readonly place: string;
}

const USB = '/sys/bus/usb/devices';
/** Vendor and product of the USB Edge TPU: before its first use and after, when it has its firmware. */
const EDGE_TPUS: readonly string[] = ['1a6e:089a', '18d1:9302'];

/** Empty on other systems. A container shows only what it was given. */
export function findAccelerators(): Accelerator[] {
  return [
    ...devices('/dev', /^apex_\d+$/, 'Coral Edge TPU'),
    ...names(USB)
      .filter((name) => EDGE_TPUS.includes(`${line(USB, name, 'idVendor')}:${line(USB, name, 'idProduct')}`))
      .map((name) => ({ kind: 'Coral Edge TPU', place: `USB ${name}` }) as const),
    ...devices('/dev', /^nvidia\d+$/, 'NVIDIA card'),
    ...devices('/dev/dri', /^renderD\d+$/, 'graphics card'),
  ];
}

function devices(folder: string, pattern: RegExp, kind: Accelerator['kind']): Accelerator[] {
  return names(folder)
    .filter((name) => pattern.test(name))
    .map((name) => ({ kind, place: join(folder, name) }));
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function line(...path: string[]): string {
  try {
    return readFileSync(join(...path), 'utf8').trim();
  } catch {
    return '';
  }
}
