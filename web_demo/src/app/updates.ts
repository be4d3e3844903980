/** The service worker: it keeps the page for when there is no network, and brings newer versions. */
import { button, element } from "./dom.ts";
import { say } from "./words.ts";

/** Registers the service worker, and offers a newer version of the page where there is one. */
export async function keepUpdated(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  const isUpdate = workers.controller !== null;
  const registration = await workers.register("service-worker.js");
  if (!isUpdate) return;
  workers.addEventListener("controllerchange", () => location.reload());
  if (registration.waiting !== null) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const installing = registration.installing;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed") offer(installing);
    });
  });
}

function offer(worker: ServiceWorker): void {
  const reload = button(say("app_reload"), "text", () => worker.postMessage("take over"));
  document.body.append(element("div", { class: "update", role: "status" }, say("app_update"), reload));
}
