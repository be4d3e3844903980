/** Whether this browser computes on a graphics processor for onnxruntime-web's build for that. */
export async function hasWebGpu(): Promise<boolean> {
  const isWaitedFor = "Suspending" in WebAssembly; // JavaScript Promise Integration
  if (!isWaitedFor || navigator.gpu === undefined) return false;
  return (await navigator.gpu.requestAdapter()) !== null;
}
