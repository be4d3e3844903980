/** LiteRT for the web, started once in a worker. Its files lie in the site, as npm has them. */
import { loadLiteRt, type LiteRt } from "@litertjs/core";
import { EdgekitError, type Artifact, type Engine } from "../core/index.ts";
import { base } from "../store/site.ts";
import { LiteRtEngine } from "./litert-engine.ts";
import type { Content, StartedRuntime } from "./runtimes.ts";

/** The build with one thread: it runs on every host, where the other needs an isolated page. */
const SCRIPT = "litert/litert_wasm_internal.js";

/** What a script of Emscripten's and LiteRT's loader of it share. */
interface Loading {
  define?: unknown;
  importScripts?: unknown;
  ModuleFactory?: unknown;
  Module?: { readonly wasmBinary: Uint8Array };
}

/** The runtime. */
export class LiteRtRuntime implements StartedRuntime {
  readonly threads = 1;
  private readonly liteRt: LiteRt;
  private readonly title: string;

  private constructor(liteRt: LiteRt, title: string) {
    this.liteRt = liteRt;
    this.title = `${title}, WebAssembly, 1 thread`;
  }

  /**
   * Loads the runtime.
   *
   * LiteRT's loader calls `importScripts`, which a worker of modules has not: its script is imported
   * before, as a module of AMD, and the loader finds what it is to find after such a call.
   *
   * @param wasm the content of its WebAssembly
   * @param title its name and version
   * @throws EdgekitError RuntimeFailed: the browser lacks relaxed SIMD
   */
  static async start(wasm: Uint8Array, title: string): Promise<LiteRtRuntime> {
    const address = new URL(SCRIPT, base()).href;
    const loading = globalThis as Loading;
    const define = (_: unknown, make: () => unknown) => (loading.ModuleFactory = make());
    loading.define = Object.assign(define, { amd: true });
    await import(/* @vite-ignore */ address);
    delete loading.define;
    loading.importScripts = () => {};
    loading.Module = { wasmBinary: wasm };
    try {
      return new LiteRtRuntime(await loadLiteRt(address), title);
    } catch (error) {
      throw new EdgekitError("RuntimeFailed", `LiteRT does not start in this browser: ${String(error)}`, error);
    }
  }

  open({ model }: Content, artifact: Artifact): Promise<Engine> {
    return LiteRtEngine.open(this.liteRt, model, artifact, this.title);
  }
}
