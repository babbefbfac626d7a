import { ApiError, type ErrorParams } from './error';

/** Sends a request and returns the response if it succeeded. */
export async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError('offline');
  }
  if (response.ok) return response;
  throw await problem(response);
}

export async function readJson<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError('bad_answer', {}, response.status);
  }
}

async function problem(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { code?: string; params?: ErrorParams; trace?: string };
    if (body.code) return new ApiError(body.code, body.params ?? {}, response.status, body.trace);
  } catch {
    // A proxy in between may answer with a page of its own; the status has to do.
  }
  return new ApiError(codeOfStatus(response.status), {}, response.status);
}

function codeOfStatus(status: number): string {
  if (status === 401) return 'token_invalid';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 413) return 'too_large';
  if (status === 429) return 'throttled';
  if (status >= 500) return 'server_fault';
  return 'bad_request';
}
