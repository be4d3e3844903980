/** Functions of a worker, called from the page as if they were its own. */
import { EdgekitError, type ErrorKind } from "../core/index.ts";

/**
 * A function of a worker: it is given plain data, tells plain data while it works, and returns such.
 */
export type Call<Asked, Told, Answer> = (
  asked: Asked,
  tell: (told: Told) => void,
  signal: AbortSignal,
) => Promise<Answer>;

/** Any table of them. */
type Calls = Record<string, Call<never, unknown, unknown>>;

interface Asking {
  readonly number: number;
  /** None: the call of that number is to be ended. */
  readonly name?: string;
  readonly asked?: unknown;
}

interface Telling {
  readonly number: number;
  readonly told?: unknown;
  readonly answer?: unknown;
  readonly failure?: Failure;
}

interface Failure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly file: string | null;
}

/** Answers calls, in a worker. */
export function answerCalls<Table extends Calls>(calls: Table): void {
  const running = new Map<number, AbortController>();
  globalThis.addEventListener("message", ({ data }: MessageEvent<Asking>) => {
    const { number, name, asked } = data;
    if (name === undefined) return running.get(number)?.abort();
    const ender = new AbortController();
    running.set(number, ender);
    const tell = (fields: Omit<Telling, "number">) => globalThis.postMessage({ number, ...fields });
    const call = calls[name] as unknown as Call<unknown, unknown, unknown>;
    call(asked, (told) => tell({ told }), ender.signal)
      .then((answer) => tell({ answer }), (error: unknown) => tell({ failure: failureOf(error) }))
      .finally(() => running.delete(number));
  });
}

function failureOf(error: unknown): Failure {
  if (error instanceof EdgekitError) {
    return { kind: error.kind, message: error.message, file: error.file };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "RuntimeFailed", message, file: null };
}

interface Waiting {
  readonly tell: (told: never) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker, in the page. */
export class Remote<Table extends Calls> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<Telling>) => this.hear(data));
    worker.addEventListener("error", (event) => this.fail(event.message));
  }

  /**
   * Calls a function of the worker.
   *
   * @param tell is told what the function tells while it works
   * @param signal ends the call
   * @throws EdgekitError what the function throws
   */
  call<Name extends keyof Table & string>(
    name: Name,
    asked: Parameters<Table[Name]>[0],
    tell: Parameters<Table[Name]>[1] = () => {},
    signal?: AbortSignal,
  ): ReturnType<Table[Name]> {
    const number = ++this.last;
    signal?.addEventListener("abort", () => this.worker.postMessage({ number }));
    const answered = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(number, { tell, resolve, reject });
      this.worker.postMessage({ number, name, asked });
    });
    return answered as ReturnType<Table[Name]>;
  }

  /** Ends the worker, whatever it does; nobody is told. */
  close(): void {
    this.worker.terminate();
  }

  private hear({ number, told, answer, failure }: Telling): void {
    const waiting = this.waiting.get(number);
    if (waiting === undefined) return;
    if (told !== undefined) return waiting.tell(told as never);
    this.waiting.delete(number);
    if (failure === undefined) return waiting.resolve(answer);
    const { kind, message, file } = failure;
    waiting.reject(new EdgekitError(kind, message, undefined, file));
  }

  private fail(why: string): void {
    for (const { reject } of this.waiting.values()) reject(new EdgekitError("RuntimeFailed", why));
    this.waiting.clear();
  }
}
