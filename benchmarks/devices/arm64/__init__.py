"""An arm64 phone emulated by qemu on this machine, and the native runner that real ones run too."""
