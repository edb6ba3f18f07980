/** Money, as HTTP takes and shows it: no number stands for money without its currency. */
import { z } from 'zod';

const CurrencySchema = z
  .string()
  .regex(/^[a-z]{3}$/, 'must be an ISO 4217 code in small letters')
  .meta({ description: 'ISO 4217 code in small letters', example: 'usd' });
const SMALLEST_UNIT = 'How much, in the currency’s smallest unit: 400 is 4.00 USD, and 400 JPY';

/** In an answer. */
export const MoneySchema = z
  .object({
    amount: z.int().min(0).meta({ description: SMALLEST_UNIT, example: 400 }),
    currency: z.string().meta({ description: 'ISO 4217 code in small letters', example: 'usd' }),
  })
  .meta({ id: 'Money', description: 'An amount of money' });
export type Money = z.infer<typeof MoneySchema>;

/** In a request; it may be nothing. */
export const MoneyInputSchema = z
  .strictObject({
    amount: z.int().min(0).max(Number.MAX_SAFE_INTEGER).meta({ description: SMALLEST_UNIT, example: 400 }),
    currency: CurrencySchema,
  })
  .meta({ id: 'MoneyInput', description: 'An amount of money, or none' });

/** In a request, more than nothing. */
export const PositiveMoneySchema = MoneyInputSchema.extend({
  amount: z.int().min(1).max(Number.MAX_SAFE_INTEGER).meta({ description: SMALLEST_UNIT, example: 400 }),
}).meta({ id: 'PositiveMoney', description: 'An amount of money' });
