/** What is worked out when it is first asked for, once. */
import { reportedBefore } from "./problems.ts";

export class Once<K, V> {
  readonly #known = new Map<K, { value: V | undefined; isBusy: boolean }>();

  /**
   * What failed is not tried again.
   * @param inCircle is called where the value is needed to work it out.
   * @throws Reported
   */
  get(key: K, work: () => V, inCircle: () => never): V {
    const known = this.#known.get(key);
    if (known?.isBusy) return inCircle();
    if (known) return known.value ?? reportedBefore();
    const own = { value: undefined as V | undefined, isBusy: true };
    this.#known.set(key, own);
    try {
      own.value = work();
      return own.value;
    } finally {
      own.isBusy = false;
    }
  }
}
