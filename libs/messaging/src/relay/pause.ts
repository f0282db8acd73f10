/** The wait between two turns of a loop, which somebody may cut short. */
export class Pause {
  private isWoken = false;
  private isOver = false;
  private proceed: (() => void) | null = null;
  private wakes = true;

  /**
   * @param ms at most
   * @param wakes whether `wake` ends it; a wake-up that came since the last wait ends it at once, one that may not
   *   end this wait is kept for the next
   */
  async wait(ms: number, wakes = true): Promise<void> {
    if (this.isOver || (wakes && this.isWoken)) {
      this.isWoken = false;
      return;
    }
    this.wakes = wakes;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.proceed = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.proceed = null;
    if (wakes) this.isWoken = false;
  }

  wake(): void {
    this.isWoken = true;
    if (this.wakes) this.proceed?.();
  }

  /** Ends this wait and every later one. */
  end(): void {
    this.isOver = true;
    this.proceed?.();
  }
}
