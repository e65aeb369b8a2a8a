/** EON code as a graph: its tensors, its operators in the order in which they run, and where it begins and ends. */
import { BUILTIN_OPERATORS } from '../tflite/operators.js';
import type { OperatorSpec } from '../tflite/options.js';
import { isKnownOperator } from '../tflite/options.js';
import type { GraphOperator, GraphTensor, TfliteGraph } from '../tflite/write.js';
import type { EonSource, EonValue, EonVariable } from './declarations.js';
import { damaged, irregular, unsupportedOperator } from './eon-error.js';
import { bytesOf, operatorSpec } from './operator-options.js';
import { intArray, listItems, requireVariable, variableNamed, wholeNumbers } from './query.js';
import { readTensors } from './tensors.js';

const BUILTIN_NAMES: ReadonlySet<string> = new Set(BUILTIN_OPERATORS);
const MAX_OPERATORS = 100_000;
/** Tensors that one operator takes or gives; real ones, under 100. */
const MAX_OPERANDS = 10_000;

/** One operator as the code states it. */
interface Node {
  /** `CONV_2D`, or the name of a custom operator. */
  readonly operator: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: EonVariable;
}

/**
 * @throws {DeploymentError} `ERR_MODEL_INVALID`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`, `ERR_UNSUPPORTED_OPERATOR`, `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function readEonGraph(source: EonSource): TfliteGraph {
  refuseControlFlow(source);
  const tensors = readTensors(source);
  return {
    description: 'Rebuilt from EON code',
    tensors,
    inputs: wholeNumbers(source, requireVariable(source, 'in_tensor_indices', 'inTensorIndices')),
    outputs: wholeNumbers(source, requireVariable(source, 'out_tensor_indices', 'outTensorIndices')),
    operators: readNodes(source).map((node, index) => readOperator(source, node, index, tensors)),
  };
}

/** Bodies of IF and WHILE are graphs of their own. */
function refuseControlFlow(source: EonSource): void {
  const bounds = source.variables.get('tflNodes_subgraph_index');
  const graphs = bounds === undefined ? 1 : wholeNumbers(source, bounds).length - 1;
  if (graphs !== 1)
    throw unsupportedOperator(source.name, `it has control flow (${graphs} graphs instead of one)`);
}

/** `tflNodes` and `used_ops` since 2023, `nodeData` before. */
function readNodes(source: EonSource): Node[] {
  const older = source.variables.get('nodeData');
  const rows = listItems(source, older ?? requireVariable(source, 'tflNodes', 'nodeData'));
  if (rows.length > MAX_OPERATORS) throw damaged(source.name, `it has more than ${MAX_OPERATORS} operators`);
  if (older !== undefined) {
    const fields = source.structs.get('NodeInfo_t');
    if (fields === undefined) throw irregular(source.name, 'it declares no struct NodeInfo_t');
    const column = (name: string, row: readonly EonValue[]) => row[fields.indexOf(name)];
    return rows.map((row, index) => {
      const items = rowItems(source, row, index);
      return node(source, index, items, column('used_op_index', items), [column('builtin_data', items)]);
    });
  }
  const operators = listItems(source, requireVariable(source, 'used_ops'));
  if (operators.length !== rows.length)
    throw damaged(source.name, `it has ${rows.length} operators, but names ${operators.length}`);
  // Inputs, outputs and temporaries, then pointers, of which only those to options are not null.
  return rows.map((row, index) => {
    const items = rowItems(source, row, index);
    return node(source, index, items, operators[index], items.slice(3));
  });
}

function rowItems(source: EonSource, row: EonValue, index: number): readonly EonValue[] {
  if (row.kind !== 'list') throw irregular(source.name, `operator ${index} is no list`);
  return row.items;
}

function node(
  source: EonSource,
  index: number,
  [inputs, outputs]: readonly EonValue[],
  operator: EonValue | undefined,
  pointers: readonly (EonValue | undefined)[],
): Node {
  const name =
    operator?.kind === 'name' && operator.name.startsWith('OP_') ? operator.name.slice(3) : undefined;
  if (name === undefined) throw irregular(source.name, `operator ${index} has no name`);
  const where = `operator ${index} (${name})`;
  const options = pointers.find((pointer) => pointer?.kind === 'name');
  return {
    operator: name,
    inputs: operands(source, inputs, where),
    outputs: operands(source, outputs, where),
    ...(options !== undefined && { options: pointedAt(source, options, where) }),
  };
}

function operands(source: EonSource, value: EonValue | undefined, where: string): number[] {
  const indices = intArray(source, pointedAt(source, value, where));
  if (indices.length <= MAX_OPERANDS) return indices;
  throw damaged(source.name, `${where} has ${indices.length} inputs or outputs`);
}

function pointedAt(source: EonSource, value: EonValue | undefined, where: string): EonVariable {
  const variable = value?.kind === 'name' ? variableNamed(source, value.name) : undefined;
  if (variable === undefined) throw irregular(source.name, `${where} names something that is not declared`);
  return variable;
}

function readOperator(
  source: EonSource,
  { operator, inputs, outputs, options }: Node,
  index: number,
  tensors: readonly GraphTensor[],
): GraphOperator {
  const where = `operator ${index} (${operator})`;
  return { spec: spec(), inputs, outputs };

  function spec(): OperatorSpec {
    if (isKnownOperator(operator)) {
      const place = {
        type: operator,
        where,
        inputs: inputs.map((tensor) => tensors[tensor]),
        outputs: outputs.map((tensor) => tensors[tensor]),
      };
      return operatorSpec(source, place, options);
    }
    if (BUILTIN_NAMES.has(operator))
      throw unsupportedOperator(source.name, `this version does not write ${where}`);
    return {
      type: 'CUSTOM',
      name: operator,
      ...(options !== undefined && { options: bytesOf(source, options) }),
    };
  }
}
