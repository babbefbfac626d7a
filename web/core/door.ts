/**
 * What the Rust core looks like from JavaScript: the part of `pkg/client_wasm.d.ts` that the worker calls.
 * The generated file is not in the repository; `scripts/test-wasm.sh` checks it against this one.
 */
export interface Door {
  /** Loads and starts the module. */
  default(input: { module_or_path: string | URL }): Promise<unknown>;
  open(name: string): Promise<Device>;
}

/** Answers are JSON texts; refusals are thrown as `{code, params}`. */
export interface Device {
  status(): string;
  sign_in_request(server: string, user: string, password: string, totp?: string): HttpRequest;
  sign_in_response(server: string, status: number, body: Uint8Array): string;
  sign_out(): string;
  list(kind: string | undefined, filter: string): string;
  deadlines(filter: string): string;
  deadlines_of(id: string): string;
  find(name: string): string;
  show(id: string): string;
  rights(id: string): string;
  conflicts(id: string): string;
  history(id: string): string;
  create(kind: string, fields: string): string;
  edit(id: string, intents: string): string;
  event(id: string, to: string, why: string | undefined, fields: string): string;
  outbox(): string;
  discard_refused(n: number): string;
  reference(): string;
  sync_start(): Step;
  sync_answer(status: number, body: Uint8Array): Step;
  sync_failed(): Step;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Address of the server, without a slash at the end. */
  readonly server: string;
  /** Media type of the body. */
  readonly content: string;
  readonly token?: string;
  readonly body: Uint8Array;
}

export interface Step {
  /** JSON, when the sync is over. */
  readonly report?: string;
  request(): HttpRequest | undefined;
}
