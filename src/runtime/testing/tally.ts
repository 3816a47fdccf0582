// A controller observer that counts, for tests.
import type { ControllerObserver, ReconcileEnd, ReconcileReport } from '../controller-observer.ts';

export class Tally implements ControllerObserver {
  /** In the order in which the reconciles ended. */
  readonly reports: ReconcileReport[] = [];

  onReconcile(report: ReconcileReport): void {
    this.reports.push(report);
  }

  /** How many reconciles ended so; of all kinds, without one named. */
  count(type?: ReconcileEnd['type']): number {
    return this.reports.filter(({ result }) => type === undefined || result.type === type).length;
  }
}
