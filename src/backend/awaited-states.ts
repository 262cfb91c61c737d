// Those who wait until something has come to be so.

export class AwaitedStates {
  #awaited: { readonly isSo: () => boolean; readonly resolve: () => void }[] = [];

  /** Resolves at once, or when `look` finds it to be so. */
  until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise(resolve => {
      this.#awaited.push({ isSo, resolve });
    });
  }

  /** Something has changed. */
  look(): void {
    if (this.#awaited.length === 0) return;
    const awaited = this.#awaited;
    this.#awaited = awaited.filter(({ isSo }) => !isSo());
    for (const { isSo, resolve } of awaited) if (isSo()) resolve();
  }
}
