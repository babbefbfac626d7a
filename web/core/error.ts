/** Parameters of an error or message; texts are made from them by the page. */
export type ErrorParams = Record<string, unknown>;

/**
 * A refusal by the server, or a failure to reach it. Carries a stable code and
 * parameters, never a sentence: sentences depend on the reader's language.
 */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly params: ErrorParams = {},
    /** HTTP status; 0 when the server was not reached. */
    readonly status = 0,
    /** Identifier to quote to an administrator, found in the server's log. */
    readonly trace?: string,
  ) {
    super(code);
    this.name = 'ApiError';
  }
}

/** Codes made by the page itself; the server never sends them. */
export const LOCAL_CODES = ['offline', 'bad_answer', 'unknown'] as const;

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('unknown', {
    detail: error instanceof Error ? error.message : String(error),
  });
}
