/** What failed: a read, a step, a tick or a commit. */
export interface Failure {
  stage: string;
  topic?: string;
  partition?: number;
  retryMs: number;
  /**
   * So many records can't be read, and never will be: retention deleted them (LOG_OFFSET_EXPIRED), or their bytes are
   * damaged (LOG_CORRUPT). The stage goes on behind them.
   */
  skippedRecords?: number;
}
