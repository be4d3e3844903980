"""onnxruntime-web in a headless Chromium of this machine, as a phone's browser would run it."""
