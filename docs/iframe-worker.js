// The search of a page that was opened as a file: browsers start no worker there, so that its
// script runs in a hidden frame. The plugin "offline" takes the file by its name.
class FrameWorker extends EventTarget {
  #frame = document.createElement("iframe");
  #ready;

  constructor(script) {
    super();
    this.#frame.hidden = true;
    this.#frame.srcdoc = "<!doctype html>";
    this.#ready = new Promise((resolve) => {
      this.#frame.addEventListener("load", () => this.#run(script, resolve), { once: true });
    });
    document.body.append(this.#frame);
  }

  postMessage(data) {
    this.#ready.then((inner) => inner.dispatchEvent(new MessageEvent("message", { data })));
  }

  #run(script, resolve) {
    const { contentDocument: page, contentWindow: inner } = this.#frame;
    inner.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
    const element = page.createElement("script");
    element.src = script;
    element.onload = () => resolve(inner);
    page.body.append(element);
  }
}

if (location.protocol === "file:") window.Worker = FrameWorker;
