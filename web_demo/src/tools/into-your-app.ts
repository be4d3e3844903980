import * as ort from "onnxruntime-web/wasm";
import { Bundle, EdgeModel } from "../core/index.ts";
import { OnnxEngine } from "../runtime/onnx-engine.ts";

/** Answers a question from a passage, with the bundle at an address. */
export async function answer(bundleAt: string, question: string, passage: string) {
  const read = async (path: string) => {
    const response = await fetch(`${bundleAt}/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const bundle = await Bundle.open({ read });
  const artifact = bundle.artifact("model-int8.onnx");
  const content = await read(artifact.file);
  const engine = await OnnxEngine.open(ort, content, artifact, { way: "WebAssembly" });
  const model = await EdgeModel.open(bundle, artifact, engine);
  const answered = await model.answer(question, passage);
  return answered.answer.best?.text ?? null;
}
