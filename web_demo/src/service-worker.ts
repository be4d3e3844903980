/**
 * Answers for the site: what belongs to a version of it comes from the browser's cache, so that the
 * page opens without a network. Files of models are none of its business: the app keeps them itself.
 */
export {};

declare const self: ServiceWorkerGlobalScope & {
  /** Written into this file by `edgekit app`. */
  readonly SHELL: { readonly version: string; readonly files: readonly string[] };
};

const { version, files } = self.SHELL;
const PREFIX = `edgekit ${self.registration.scope} `; // other sites may have the same origin
const CACHE = PREFIX + version;

/** What isolates the page from other origins, on hosts that do not say so: threads need it. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

self.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forget(), self.clients.claim()]));
});

self.addEventListener("message", ({ data }) => {
  if (data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = request.url.startsWith(self.registration.scope);
  if (isOurs && request.method === "GET" && !request.headers.has("Range")) {
    event.respondWith(answer(request));
  }
});

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload" })));
}

async function forget(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const asked = request.mode === "navigate" ? self.registration.scope : request;
  const kept = await cache.match(asked, { ignoreSearch: true });
  return kept === undefined ? fetch(request) : isolated(kept);
}

function isolated(kept: Response): Response {
  const headers = new Headers(kept.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(kept.body, { status: kept.status, headers });
}
