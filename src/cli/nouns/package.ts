/** `boon package`: what is sold, through the API. */
import type { Command } from 'commander';
import { packageText, priceText } from '../../contracts/purchases/purchase.ts';
import { apiClient } from '../api.ts';
import { answer, newCommand, withExamples } from '../command.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillPackage(pack: Command, terminal: Terminal): void {
  withExamples(pack, ['package list']).addCommand(list(terminal));
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List what can be bought', ['package list']).action(
    async (_options: object, command: Command) => {
      const sold = await (await apiClient(terminal.env)).purchases.packages();
      const rows = sold.data.map((one) => [one.id, packageText(one), priceText(one.price)]);
      answer(terminal, command, sold, [table(['package', 'brings', 'price'], rows, 'Nothing is sold.')]);
    },
  );
}
