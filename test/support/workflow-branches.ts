/**
 * Which branches of the workflows' code a piece of work goes through. V8 counts how often each block of the bundle is
 * run; where the branches are is read from the bundle's text, and its source map says where they stand in `src/workflows`.
 */
import { type Profiler, Session } from 'node:inspector/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { besideThis, FAILURE_CONVERTER } from '../../src/temporal/failure-conversion.ts';
import { branchPoints } from './branch-points.ts';

/** One way that the workflows' code can go. */
export type Branch = {
  /** `gifts/state.ts:96` */
  place: string;
  /** `gifts/state.ts OpenGift.advance` */
  within: string;
  /** What begins there, and its line: `else: if (due) await gift.advance();` */
  way: string;
  times: number;
};

/** The workflows' bundle with the syntax of its sources: what is written in an older one has more branches. */
export async function plainWorkflowBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: besideThis('../workflows/index'),
    failureConverterPath: FAILURE_CONVERTER,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => {
      const ofTypeScript = config.module?.rules?.at(-1) as { use: { options: { jsc: { target: string } } } };
      ofTypeScript.use.options.jsc.target = 'es2024';
      return config;
    },
  });
  return code;
}

/**
 * Does `work`, which loads the bundle into this very thread (a worker does in debug mode), and tells how often each
 * branch in `src/workflows` was gone through.
 */
export async function branchesGoneThrough(code: string, work: () => Promise<void>): Promise<Branch[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    await work();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const bundles = result.filter(({ url }) => url.includes('workflow-bundle'));
    if (bundles.length === 0) throw new Error('No bundle was loaded into this thread');
    return branchesOf(code, bundles);
  } finally {
    session.disconnect();
  }
}

function branchesOf(code: string, bundles: Profiler.ScriptCoverage[]): Branch[] {
  const times = timesAt(bundles);
  const sourceOf = sources(code);
  return branchPoints(code).flatMap((point): Branch[] => {
    const source = sourceOf(point.at);
    if (source === undefined) return [];
    const { file, line, text } = source;
    const within = `${file} ${point.within}`;
    return [{ place: `${file}:${line}`, within, way: `${point.kind}: ${text}`, times: point.times(times) }];
  });
}

/** How often a place was reached: as often as the narrowest range around it, in each script that was made of the code. */
function timesAt(bundles: Profiler.ScriptCoverage[]): (place: number) => number {
  const scripts = bundles.map(({ functions }) =>
    functions
      .flatMap(({ ranges }) => ranges)
      .toSorted((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset)),
  );
  return (place) => {
    const counts = scripts.map((ranges) =>
      ranges.find(({ startOffset, endOffset }) => startOffset <= place && place < endOffset),
    );
    return counts.reduce((sum, range) => sum + (range?.count ?? 0), 0);
  };
}

type Source = { file: string; line: number; text: string };

const MAP = 'sourceMappingURL=data:application/json;charset=utf-8;base64,';

/** Finds what a place in the bundle was made of; undefined when that is nothing in `src/workflows`. */
function sources(code: string): (place: number) => Source | undefined {
  const encoded = code.slice(code.lastIndexOf(MAP) + MAP.length);
  const payload = JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload;
  const map = new SourceMap(payload);
  const texts = new Map(payload.sources.map((name, at) => [name, payload.sourcesContent[at]?.split('\n')]));
  return (place) => {
    const before = code.slice(0, place);
    const line = before.split('\n').length - 1;
    const entry = map.findEntry(line, place - before.lastIndexOf('\n') - 1);
    // What the bundler wrote itself has no entry on its line.
    if (!('originalSource' in entry) || entry.generatedLine !== line) return undefined;
    const file = /\/src\/workflows\/(.+)$/.exec(entry.originalSource)?.[1];
    if (file === undefined) return undefined;
    const text = texts.get(entry.originalSource)?.[entry.originalLine]?.trim() ?? '';
    return { file, line: entry.originalLine + 1, text };
  };
}
