import { Histogram } from './histogram.js';
import type { MetricFamily } from './metric-family.js';
import type { Labels } from './stats-monitor.js';

/** One metric with its `# TYPE` line in the text exposition format 0.0.4. @see spec/06 §5.2 */
export function renderFamily(family: MetricFamily, prefix: string): string {
  const name = prefix + family.name;
  const exposed = family.type === 'counter' && !name.endsWith('_total') ? `${name}_total` : name;
  const samples = [...family.series.values()].flatMap(({ labels, value }) =>
    value instanceof Histogram ? renderHistogram(exposed, labels, value) : [sample(exposed, labels, value)],
  );
  return [`# TYPE ${exposed} ${family.type}`, ...samples, ''].join('\n');
}

function renderHistogram(name: string, labels: Labels, histogram: Histogram): string[] {
  const buckets = histogram
    .cumulative()
    .map(([bound, count]) => sample(`${name}_bucket`, { ...labels, le: numberText(bound) }, count));
  return [
    ...buckets,
    sample(`${name}_bucket`, { ...labels, le: '+Inf' }, histogram.count),
    sample(`${name}_sum`, labels, histogram.sum),
    sample(`${name}_count`, labels, histogram.count),
  ];
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
