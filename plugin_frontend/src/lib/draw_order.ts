/** In which order points are drawn: shuffled, so that a part of them shows what all would. */

import { POINT } from "./scatter";

export interface DrawOrder {
  /** Points that are dimmed, those as usual, and those that stand out; hidden ones are left out. */
  indices: Uint32Array;
  dimmed: number;
  normal: number;
  emphasised: number;
}

/** The numbers below `count` in an order that depends on the seed alone (Fisher and Yates; numbers by mulberry32). */
export function permutation(count: number, seed = 1): Uint32Array {
  const order = new Uint32Array(count);
  let state = seed >>> 0;
  for (let index = 0; index < count; index++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const random = ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    const other = Math.floor(random * (index + 1));
    order[index] = order[other];
    order[other] = index;
  }
  return order;
}

/** The points of a permutation, by their states. */
export function drawOrder(order: Uint32Array, states: Uint8Array): DrawOrder {
  const counts = [0, 0, 0, 0];
  for (let point = 0; point < states.length; point++) counts[states[point]]++;
  const [normal, emphasised, dimmed] = counts;
  const next = [dimmed, dimmed + normal, 0];
  const indices = new Uint32Array(dimmed + normal + emphasised);
  for (let place = 0; place < order.length; place++) {
    const state = states[order[place]];
    if (state !== POINT.HIDDEN) indices[next[state]++] = order[place];
  }
  return { indices, dimmed, normal, emphasised };
}
