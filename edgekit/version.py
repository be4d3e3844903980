"""The version of this edgekit, written here and nowhere else, and those of what it stands on."""

from __future__ import annotations

VERSION = "0.1.0"


def libraries() -> dict[str, str]:
    """The installed versions of the libraries that make a bundle; absent ones are left out."""
    import importlib.metadata

    names = (
        "torch",
        "transformers",
        "onnx",
        "onnxruntime",
        "onnxruntime-extensions",
        "ai-edge-litert",
        "coremltools",
        "executorch",
        "coreai-core",
        "coreai-torch",
        "tensorflow",
    )
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
