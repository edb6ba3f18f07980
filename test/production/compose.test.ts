/** The files that run Boon in containers. No container runs here: `processes.test.ts` runs the same parts as processes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/settings.ts';
import {
  COMPOSE_FILE,
  type ComposeService,
  composeProject,
  composeText,
  exampleSettings,
  ROOT,
  serviceOf,
  variablesOf,
} from './support/compose-file.ts';

const example = exampleSettings();
const filled = Object.fromEntries(example.open.map((name) => [name, 'filled']));
const project = composeProject(filled);
const services = Object.entries(project.services);

/** Those that run once and end. */
const JOBS = ['migrate', 'temporal-namespace', 'temporal-schema'];

describe('docker-compose.yml', () => {
  test('is what the Compose specification’s schema and a linter take without a remark', () => {
    const { rules } = JSON.parse(readFileSync(join(ROOT, '.dclintrc.json'), 'utf8'));
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    const [result] = linter.lintFiles([COMPOSE_FILE], false);
    expect(result).toMatchObject({ filePath: COMPOSE_FILE, messages: [] });
  });

  test('has no password of its own: while one is missing or empty it is refused, and the message names each', () => {
    for (const name of example.open) {
      expect(() => composeProject({ ...filled, [name]: '' })).toThrow(`Not set: ${name}`);
    }
    const defaults = variablesOf(composeText()).filter((variable) => variable.default);
    expect(defaults.filter(({ name }) => /PASSWORD|KEY|SECRET|URL/.test(name))).toEqual([]);
  });

  test('asks for the variables that .env.example explains, and for no others', () => {
    const asked = new Set(variablesOf(composeText()).map(({ name }) => name));
    const explained = [...example.open, ...example.optional];
    expect([...asked].filter((name) => !explained.includes(name))).toEqual([]);
    expect(explained.filter((name) => !asked.has(name))).toEqual([]);
  });

  test('gives Boon’s services settings that Boon knows', () => {
    const known = settings().map(({ name }) => name);
    const given = services
      .filter(([, { build }]) => build)
      .flatMap(([, { environment }]) => Object.keys(environment));
    expect(given.filter((name) => !known.includes(name) && !name.startsWith('TEMPORAL_'))).toEqual([]);
    expect(known).toEqual(expect.arrayContaining(example.open.filter((name) => !name.endsWith('PASSWORD'))));
  });

  test('starts what restarts: services always, jobs until they have succeeded', () => {
    for (const [name, { restart }] of services) {
      expect([name, restart]).toEqual([name, JOBS.includes(name) ? 'on-failure' : 'unless-stopped']);
    }
  });

  test('waits for what each service needs, in the state that it needs', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const wanted = JOBS.includes(needed) ? 'service_completed_successfully' : 'service_healthy';
        expect([name, needed, condition]).toEqual([name, needed, wanted]);
        expect([needed, hasHealthCheck(serviceOf(project, needed)) || JOBS.includes(needed)]).toEqual([
          needed,
          true,
        ]);
      }
    }
  });

  test('connects each service to those that it names, and to no network that is not there', () => {
    for (const [name, { networks, environment }] of services) {
      expect(Object.keys(project.networks)).toEqual(expect.arrayContaining(networks));
      for (const other of Object.keys(project.services)) {
        const host = new RegExp(`(^|@)${other}(:\\d+|$)`);
        if (!Object.values(environment).some((value) => host.test(value))) continue;
        const shared = serviceOf(project, other).networks.filter((network) => networks.includes(network));
        expect([name, other, shared.length > 0]).toEqual([name, other, true]);
      }
    }
  });

  test('shows only the API and the Web UI, to this machine alone; the stores reach nothing outside', () => {
    const shown = services.filter(([, { ports }]) => ports !== undefined);
    expect(shown.map(([name, { ports }]) => [name, ports])).toEqual([
      ['server', ['127.0.0.1:8080:8080']],
      ['temporal-ui', ['127.0.0.1:8233:8080']],
    ]);
    for (const store of ['postgres', 'temporal']) {
      const open = serviceOf(project, store).networks.filter(
        (name) => project.networks[name]?.internal !== true,
      );
      expect([store, open]).toEqual([store, []]);
    }
  });

  test('mounts files and volumes that are there', () => {
    const sources = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const missing = sources.filter((source) =>
      source.startsWith('./') ? !existsSync(join(ROOT, source)) : project.volumes[source] === undefined,
    );
    expect(missing).toEqual([]);
  });

  test('runs Boon by commands that it has', () => {
    const commands = services.flatMap(([, { build, command = [] }]) => (build ? command : []));
    expect(commands.toSorted()).toEqual(['migrate', 'server', 'worker']);
    const help = execFileSync(process.execPath, [join(ROOT, 'src/cli/boon.ts'), '--help'], {
      encoding: 'utf8',
    });
    for (const command of commands) expect(help).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});

describe('Dockerfile', () => {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM '));

  test('is what a linter takes without a remark', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  test('runs as an ordinary user, with Node as process 1, and shows its health', () => {
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toMatch(/^ENTRYPOINT \["node", /m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).not.toMatch(/^(RUN|ADD) /m);
  });

  test('is built of nothing but what .dockerignore lets in, and that is there', () => {
    const [all, ...letIn] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(all).toBe('*');
    const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    expect([...new Set(copied)].map((file) => `!${file}`).toSorted()).toEqual(letIn.toSorted());
    expect(copied.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

function hasHealthCheck({ build, healthcheck }: ComposeService): boolean {
  if (healthcheck?.disable) return false;
  return build !== undefined || healthcheck?.test !== undefined;
}
