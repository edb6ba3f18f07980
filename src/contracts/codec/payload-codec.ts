/** What passes between Temporal and the processes of Boon, and what encrypts it: Temporal's own types. */
export type { Payload, PayloadCodec } from '@temporalio/common';
