/** The shipped docker-compose.yml, read as Compose reads it: anchors merged, variables put in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../../..');
export const COMPOSE_FILE = join(ROOT, 'docker-compose.yml');

export type ComposeService = {
  image: string;
  build?: string;
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  networks: string[];
  ports?: string[];
  restart?: string;
  volumes?: string[];
};

export type ComposeProject = {
  services: Record<string, ComposeService>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, object>;
};

/** A variable that the file asks for: `${NAME}`, `${NAME:-default}` or `${NAME:?message}`. */
type Variable = { name: string; default: string | undefined; required: boolean };

const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** Every variable that the file asks for, in its order. */
export function variablesOf(text: string): Variable[] {
  return [...text.matchAll(VARIABLE)].map(([, name = '', kind, rest]) => ({
    name,
    default: kind === '-' ? rest : undefined,
    required: kind === '?',
  }));
}

/**
 * The project with these variables put in, empty ones counting as unset.
 * @throws Error that names each variable that must be set and is not
 */
export function composeProject(variables: Readonly<Record<string, string>>): ComposeProject {
  const text = composeText();
  const missing = variablesOf(text).filter(({ name, required }) => required && !variables[name]);
  if (missing.length > 0)
    throw new Error(`Not set: ${[...new Set(missing.map(({ name }) => name))].join(', ')}`);
  return filledIn(parse(text, { merge: true }), variables) as ComposeProject;
}

/** In every text below the value, each variable is replaced by what it stands for. */
function filledIn(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(VARIABLE, (_, name, kind, rest) => variables[name] || (kind === '-' ? rest : ''));
  }
  if (Array.isArray(value)) return value.map((one) => filledIn(one, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filledIn(one, variables)]));
}

export function composeText(): string {
  return readFileSync(COMPOSE_FILE, 'utf8');
}

/** The service of this name. @throws Error when there is none */
export function serviceOf(project: ComposeProject, name: string): ComposeService {
  const service = project.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/** The variables that .env.example gives a value, and those that it leaves to whoever copies it. */
export function exampleSettings(): { open: string[]; optional: string[] } {
  const text = readFileSync(join(ROOT, '.env.example'), 'utf8');
  return {
    open: [...text.matchAll(/^(\w+)=$/gm)].map(([, name = '']) => name),
    optional: [...text.matchAll(/^#(\w+)=/gm)].map(([, name = '']) => name),
  };
}
