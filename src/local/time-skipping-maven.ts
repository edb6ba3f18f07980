import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { executableOnPath, isExecutable } from './executable.ts';
import type { Machine } from './machine.ts';
import { freePort, LOOPBACK } from './ports.ts';
import { type Progress, withElapsed } from './progress.ts';
import { lastLine } from './run-command.ts';
import { LocalSetupError } from './setup-error.ts';

/** slf4j-nop: without any binding, SLF4J prints three lines of complaint at each start. */
const pom = (version: string) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>boon</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/**
 * What the SDK starts as the test server: it passes a port, and kills the process number that it started, which is
 * the JVM's by exec. The loop beside it ends the JVM when the starter was killed and could not.
 *
 * Not `--enable-time-skipping`: with that flag the clock runs free from the start, while the SDK expects it locked
 * until somebody sleeps or awaits a result. The compiler's first tier and the serial collector suit a short life;
 * with the class archive the server answers after 0.3 s instead of 0.6 s.
 */
const LAUNCHER = `#!/bin/sh
here=\${0%/*}
archive=$here/classes.jsa
cds=-Xshare:auto
[ -f "$archive" ] && cds=-XX:SharedArchiveFile=$archive
(
  while kill -0 "$PPID" && kill -0 $$; do sleep 2; done
  kill -0 "$PPID" || kill $$
) </dev/null >/dev/null 2>&1 &
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" "$cds" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m \\
  -cp "$here/lib/*" io.temporal.testserver.TestServer "$@"
`;

/** The Java that the launcher will use, or undefined. */
export function javaIn(env: NodeJS.ProcessEnv): string | undefined {
  if (!env.JAVA_HOME) return executableOnPath(env, 'java');
  const java = join(env.JAVA_HOME, 'bin', 'java');
  return isExecutable(java) ? java : undefined;
}

/**
 * Fetches the test server and what it depends on with Maven (39 files, 38 MB) and writes a launcher, `launch`, beside
 * them.
 *
 * @throws LocalSetupError when there is no Java or no Maven, or Maven fails
 */
export async function fetchByMaven(
  folder: string,
  version: string,
  progress: Progress,
  { env, run }: Machine,
): Promise<void> {
  if (javaIn(env) === undefined || executableOnPath(env, 'mvn') === undefined) {
    throw new LocalSetupError(
      'The time-skipping test server is not installed and could not be downloaded: install Java and Maven (`apt-get install maven` or `brew install maven`), or put temporal-test-server on the PATH',
    );
  }
  await writeFile(join(folder, 'pom.xml'), pom(version));
  const args = [
    '-B',
    '-ntp',
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    '-DoutputDirectory=lib',
  ];
  const fetched = await withElapsed(
    progress,
    'Fetching the time-skipping test server with Maven (once)',
    () => run('mvn', args, { cwd: folder, env }),
  );
  if (!fetched.ok) {
    const reason = fetched.output.split('\n').find((line) => line.startsWith('[ERROR]'));
    throw new LocalSetupError(
      `Maven could not fetch io.temporal:temporal-test-server:${version} (${reason ?? lastLine(fetched.output)}): check its settings and start again, or put temporal-test-server on the PATH`,
    );
  }
  await writeFile(join(folder, 'launch'), LAUNCHER, { mode: 0o755 });
}

/** Starting and stopping takes about 3 seconds; a Java that cannot make an archive must not hold anything up. */
const ARCHIVE_WITHIN_MS = 20_000;

/**
 * Starts the server once to have Java keep its loaded classes in an archive, which halves the time of later starts.
 * Only a help: a Java before 13 cannot, and the launcher does without.
 */
export async function archiveClasses(launcher: string, { env }: Machine): Promise<void> {
  const archive = join(dirname(launcher), 'classes.jsa');
  const port = await freePort();
  const child = spawn(launcher, [String(port)], {
    env: { ...env, JAVA_TOOL_OPTIONS: `-XX:ArchiveClassesAtExit=${archive}.new` },
    stdio: 'ignore',
    timeout: ARCHIVE_WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'close');
  while (child.exitCode === null && child.signalCode === null && !(await answers(port))) await delay(50);
  child.kill('SIGTERM');
  await ended;
  // Java ends by the signal in either case; what counts is whether the file is there, and whole.
  if (child.signalCode === 'SIGKILL') await rm(`${archive}.new`, { force: true });
  else await rename(`${archive}.new`, archive).catch(() => undefined);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
