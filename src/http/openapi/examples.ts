/** Examples in the OpenAPI document: what calls took and answered when they were last recorded (test/http/examples.test.ts). */
import { readFileSync } from 'node:fs';

type Content = Record<string, { example?: unknown }>;
type Operation = {
  operationId?: string;
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
};
type Examples = Record<string, { body?: unknown; answers: Record<string, unknown> } | undefined>;

/** Gives each operation the body and the answers that were recorded of it. */
export function addExamples(operations: readonly Operation[]): void {
  const examples: Examples = JSON.parse(readFileSync(new URL('examples.json', import.meta.url), 'utf8'));
  for (const { operationId = '', requestBody, responses } of operations) {
    const { body, answers = {} } = examples[operationId] ?? {};
    put(requestBody?.content, body);
    for (const [status, answer] of Object.entries(answers)) put(responses[status]?.content, answer);
  }
}

function put(content: Content | undefined, example: unknown): void {
  const json = content?.['application/json'];
  if (json !== undefined && example !== undefined) json.example = example;
}
