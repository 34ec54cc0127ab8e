// One registry of metrics a process. prom-client is loaded when the registry is made, so that commands do without it.
// Labels have few values (queue, consumer, database), never an id and never a connection string.
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
export async function createMetrics(labels: Readonly<Record<string, string>>): Promise<Metrics> {
  const prometheus = await import("prom-client");
  const registry: Registry = new prometheus.Registry();
  registry.setDefaultLabels(labels);
  const measures: (() => Promise<void> | void)[] = [];
  const of = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  const common = <L extends string>({ name, help, labels: names = [] }: MetricDefinition<L>) => ({
    ...{ name, help, labelNames: names, registers: [registry] },
  });
  return {
    contentType: registry.contentType,
    counter: (definition) => of(definition.name, () => new prometheus.Counter(common(definition))),
    gauge: (definition) => of(definition.name, () => new prometheus.Gauge(common(definition))),
    histogram: (definition) =>
      of(definition.name, () => {
        const buckets = definition.buckets === undefined ? {} : { buckets: [...definition.buckets] };
        return new prometheus.Histogram({ ...common(definition), ...buckets });
      }),
    beforeRead: (measure) => void measures.push(measure),
    async text() {
      for (const measure of measures) await measure();
      return await registry.metrics();
    },
  };
}
