/** The tokens that a perturbation test has taken away. */

import type { Order, PerturbationTest } from "../schema";
import { nearest } from "./blocks";

/** The place of the fraction that was tested nearest to the one wanted; at first that of the first. */
export function fractionIndex({ fractions }: PerturbationTest, wanted: number | null): number {
  return wanted === null ? 0 : fractions.indexOf(nearest(fractions, wanted));
}

/** Positions of the tokens that are gone at the fraction of that place. */
export function removedTokens({ removal, removed }: PerturbationTest, index: number): number[] {
  return removal.slice(0, removed[index]);
}

export interface WantedTest {
  method: string | null;
  order: Order;
  sequence: string | null;
  target: string | null;
}

/** The test that fits best: its method first, then the sequence, the order, the target. */
export function findTest(tests: readonly PerturbationTest[], wanted: WantedTest): PerturbationTest | null {
  const fit = (test: PerturbationTest) =>
    8 * Number(test.method === wanted.method) +
    4 * Number(test.sequence === wanted.sequence) +
    2 * Number(test.order === wanted.order) +
    Number(test.target === wanted.target);
  return tests.reduce<PerturbationTest | null>((best, test) => (best && fit(best) >= fit(test) ? best : test), null);
}
