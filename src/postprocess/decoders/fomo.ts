/** `fomo`: class probabilities in the cells of a grid; touching cells of a label become one box. */

import { threshold } from '../boxes.js';
import { FLOAT32_MAX, rawInterval, realAt, tensorValues } from '../dequantise.js';
import type { PixelBox } from '../results.js';
import { describeShape, isDynamic } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor } from './decoder.js';

/** A rectangle of cells. */
interface Cluster {
  readonly labelIndex: number;
  x: number;
  y: number;
  width: number;
  height: number;
  value: number;
}

/**
 * One tensor `[1, rows, columns, 1 + labels]`, channel 0 = background. Boxes come in the order in which
 * their first cell was found, not by score, and there is no upper limit on a score.
 *
 * As in the SDK: one factor, floor(input width / columns), for both axes, and on grids that are not square
 * rows and columns are swapped when reading, so that boxes can lie outside the picture.
 */
export const fomo: DetectionDecoder = {
  tensorCount: 1,

  mismatch([tensor], { labels }) {
    if (tensor === undefined || isDynamic(tensor)) return undefined;
    const channels = labels.length + 1;
    const [batch, rows = 0, columns = 0, found] = tensor.shape;
    const fits = tensor.shape.length === 4 && batch === 1 && rows > 0 && columns > 0 && found === channels;
    return fits
      ? undefined
      : `expected an output [1, rows, columns, ${channels}] (background + ${labels.length} labels) but found '${tensor.name}' ${describeShape(tensor)}`;
  },

  decode(outputs, block, input) {
    const tensor = firstTensor(outputs);
    const [, gridHeight = 0, gridWidth = 0] = tensor.shape;
    const values = tensorValues(tensor);
    const { data } = values;
    const [low, high] = rawInterval(values, threshold(block, 'min_score'), FLOAT32_MAX);
    const sameLabel = block.labels.map((label) => block.labels.indexOf(label));
    const clusters: Cluster[] = [];
    let index = 0;
    for (let row = 0; row < gridWidth; row++) {
      for (let column = 0; column < gridHeight; column++) {
        index++; // background
        for (const labelIndex of sameLabel) {
          const at = index++;
          const raw = data[at] as number;
          if (!(raw >= low && raw <= high)) continue;
          join(clusters, { labelIndex, x: column, y: row, width: 1, height: 1, value: realAt(values, at) });
        }
      }
    }
    const scale = Math.floor(input.width / gridWidth);
    return mergeClusters(clusters).map((cluster) => cellsToBox(cluster, scale, block.labels));
  },
};

/** Adds a cell to the first cluster that it touches, or makes it one of its own. */
function join(clusters: Cluster[], cell: Cluster): void {
  const found = clusters.find((cluster) => touches(cluster, cell));
  if (found === undefined) clusters.push(cell);
  else absorb(found, cell);
}

/**
 * Clusters that touch become one. A box is written when its cluster is first kept: what the cluster absorbs
 * later only decides what else touches it.
 */
function mergeClusters(clusters: readonly Cluster[]): Cluster[] {
  const kept: Cluster[] = [];
  const written: Cluster[] = [];
  for (const cluster of clusters) {
    const found = kept.find((earlier) => touches(earlier, cluster));
    if (found !== undefined) {
      absorb(found, cluster);
      continue;
    }
    kept.push(cluster);
    written.push({ ...cluster });
  }
  return written;
}

/** Edges and corners count: eight neighbours. */
function touches(cluster: Cluster, other: Cluster): boolean {
  return (
    cluster.labelIndex === other.labelIndex &&
    cluster.x + cluster.width >= other.x &&
    cluster.x <= other.x + other.width &&
    cluster.y + cluster.height >= other.y &&
    cluster.y <= other.y + other.height
  );
}

/** As in the SDK, a rectangle that moves left or up does not grow by the move: its far edge moves too. */
function absorb(cluster: Cluster, other: Cluster): void {
  cluster.x = Math.min(cluster.x, other.x);
  cluster.y = Math.min(cluster.y, other.y);
  cluster.width = Math.max(cluster.width, other.x + other.width - cluster.x);
  cluster.height = Math.max(cluster.height, other.y + other.height - cluster.y);
  cluster.value = Math.max(cluster.value, other.value);
}

function cellsToBox(cluster: Cluster, scale: number, labels: readonly string[]): PixelBox {
  const { labelIndex, x, y, width, height, value } = cluster;
  return {
    label: labels[labelIndex] as string,
    labelIndex,
    x: x * scale,
    y: y * scale,
    width: width * scale,
    height: height * scale,
    value,
  };
}
