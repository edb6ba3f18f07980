/** The demonstration's model: it says the same to everything, as the server-sent events of an OpenAI-compatible API. */

const REPLY =
  'This is a demonstration: no model was asked. The call was charged to your plan, then to your credits.';

/** @param createdAt seconds. */
export function cannedReply(id: string, model: string, createdAt: number): string {
  const response = { id, object: 'response', created_at: createdAt, model };
  const item = {
    type: 'message',
    id: `${id}_message`,
    role: 'assistant',
    content: [{ type: 'output_text', text: REPLY, annotations: [] }],
  };
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 1,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 2,
  };
  return [
    { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.output_text.delta', item_id: item.id, output_index: 0, content_index: 0, delta: REPLY },
    { type: 'response.output_item.done', output_index: 0, item: { ...item, status: 'completed' } },
    {
      type: 'response.completed',
      response: { ...response, status: 'completed', output: [{ ...item, status: 'completed' }], usage },
    },
  ]
    .map((event, i) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: i })}\n\n`)
    .join('');
}
