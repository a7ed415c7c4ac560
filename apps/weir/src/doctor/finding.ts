/** What a check found. `said`: one sentence, with what to do where it is not well. */
export interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  said: string;
}

export const ok = (check: string, said: string): Finding => ({ check, status: 'ok', said });
export const warn = (check: string, said: string): Finding => ({ check, status: 'warn', said });
export const fail = (check: string, said: string): Finding => ({ check, status: 'fail', said });
