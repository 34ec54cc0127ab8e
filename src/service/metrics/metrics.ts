// One registry of metrics a process. prom-client is loaded for the first metric, so that commands do without it.
// Labels have few values (queue, consumer, database), never an id and never a connection string.
import { createRequire } from "node:module";
import type * as prometheus from "prom-client";
import type { Counter, Gauge, Histogram, Registry } from "prom-client";

export interface MetricDefinition<L extends string> {
  /** Base units: seconds, bytes. Counters end in _total. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

export interface HistogramDefinition<L extends string> extends MetricDefinition<L> {
  /** Upper bounds. */
  readonly buckets?: readonly number[];
}

export interface Metrics {
  /** Asking again with the same name gives the same metric. */
  counter<L extends string>(definition: MetricDefinition<L>): Counter<L>;
  gauge<L extends string>(definition: MetricDefinition<L>): Gauge<L>;
  histogram<L extends string>(definition: HistogramDefinition<L>): Histogram<L>;
  /** Called before the numbers are read, for gauges that are only measured then. */
  beforeRead(measure: () => Promise<void> | void): void;
  /** Text in Prometheus' format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** `labels` are those of all metrics, e.g. the job's name. */
export function createMetrics(labels: Readonly<Record<string, string>>): Metrics {
  let opened: Opened | null = null;
  const open = (): Opened => (opened ??= openRegistry(labels));
  const measures: (() => Promise<void> | void)[] = [];
  const of = <M>(name: string, make: (opened: Opened) => M): M =>
    (open().registry.getSingleMetric(name) as M | undefined) ?? make(open());
  const common = <L extends string>({ name, help, labels: names = [] }: MetricDefinition<L>, registry: Registry) => ({
    ...{ name, help, labelNames: names, registers: [registry] },
  });
  return {
    get contentType() {
      return open().registry.contentType;
    },
    counter: (definition) =>
      of(definition.name, ({ library, registry }) => new library.Counter(common(definition, registry))),
    gauge: (definition) =>
      of(definition.name, ({ library, registry }) => new library.Gauge(common(definition, registry))),
    histogram: (definition) =>
      of(definition.name, ({ library, registry }) => {
        const buckets = definition.buckets === undefined ? {} : { buckets: [...definition.buckets] };
        return new library.Histogram({ ...common(definition, registry), ...buckets });
      }),
    beforeRead: (measure) => void measures.push(measure),
    async text() {
      for (const measure of measures) await measure();
      return await open().registry.metrics();
    },
  };
}

type Library = typeof prometheus;

interface Opened {
  readonly library: Library;
  readonly registry: Registry;
}

function openRegistry(labels: Readonly<Record<string, string>>): Opened {
  const library = createRequire(import.meta.url)("prom-client") as Library;
  const registry = new library.Registry();
  registry.setDefaultLabels(labels);
  return { library, registry };
}
