/** Functions in float32, as the SDK's own are. */
const f = Math.fround;

export function exp(value: number): number {
  return f(Math.exp(value));
}

export function sigmoid(value: number): number {
  return f(1 / f(1 + exp(-value)));
}
