/** A reporter that ends a run of many files with those that took longest: where time can be saved. */
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 20;

export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= SHOWN) return;
    const slowest = [...modules].sort((one, other) => seconds(other) - seconds(one)).slice(0, SHOWN);
    const all = modules.reduce((sum, module) => sum + seconds(module), 0);
    console.log(
      `\nThe ${SHOWN} slowest of ${modules.length} files, which took ${all.toFixed(0)} s together:`,
    );
    for (const module of slowest) {
      console.log(`${seconds(module).toFixed(1).padStart(7)} s  ${relative('', module.moduleId)}`);
    }
  }
}

/** From the first import to the last hook. */
function seconds(module: TestModule): number {
  const { collectDuration, duration } = module.diagnostic();
  return (collectDuration + duration) / 1000;
}
