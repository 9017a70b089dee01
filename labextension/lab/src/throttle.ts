/** At most one call in each span, the last wish always served: refreshing after a hundred quick cells asks once. */
export class Throttle {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly act: () => void,
    private readonly spanMs: number,
  ) {}

  ask(spanMs = this.spanMs): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.act();
    }, spanMs);
  }

  drop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
