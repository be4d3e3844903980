"""Which of Apple's declarations ios_demo's sources use: as Swift's type checker resolves them.

Linux has Foundation, as open source, and Swift's own modules: what is used of them the compiler
tells when it writes its tree. What only Apple's systems compile is read as text.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from edgekit.toolchains.swift import Swift, scratch_folder

PACKAGE = Path(__file__).parent.parent / "ios_demo"
_LIBRARIES = ("EdgekitCore", "EdgekitCoreML", "EdgekitCoreAI", "EdgekitBench", "EdgekitORT")
_FOLDERS = {
    **{name: PACKAGE / "Sources" / name for name in _LIBRARIES},
    "EdgekitDemo": PACKAGE / "App" / "EdgekitDemo",
}
TARGETS = (*_FOLDERS, "COrt")
FOUNDATION = ("Foundation", "FoundationEssentials", "FoundationInternationalization")
C_LIBRARY = ("Glibc", "SwiftGlibc")
OF_SWIFT = ("Swift", "_Concurrency", "Observation", "Builtin")  # they come with the compiler
_RESOLVED = re.compile(r'(?:decl|bind|initializer)="(\w+)\.\(file\)\.([^"@\[]+)')
_WORDS_OF_SWIFT = {
    *("import", "if", "guard", "let", "var", "return", "static", "func", "private", "self", "in"),
    *("fileprivate", "switch", "case", "default", "unknown", "extension", "else", "true", "false"),
    *(
        "preconcurrency",
        "Int",
        "Int64",
        "String",
        "Bool",
        "MemoryLayout",
        "size",
        "MainActor",
        "rounded",
    ),
    *("withUnsafeMutablePointer", "withMemoryRebound", "to", "capacity"),
}


@cache
def resolved(toolchain: Swift) -> frozenset[tuple[str, str]]:
    """What is used, as pairs of a module and a name: ``("Foundation", "FileManager.default")``.

    The package has to be built.
    """
    built = scratch_folder(PACKAGE) / "debug"
    module_map = f"-fmodule-map-file={built / 'COrt.build' / 'module.modulemap'}"
    flags = ["-swift-version", "6", "-package-name", "edgekit", "-parse-as-library"]
    flags += ["-I", str(built / "Modules"), "-Xcc", module_map]
    found: set[tuple[str, str]] = set()
    for name, folder in _FOLDERS.items():
        sources = map(str, sorted(folder.rglob("*.swift")))
        command = ["swiftc", "-dump-ast", *flags, "-module-name", name, *sources]
        done = subprocess.run(
            toolchain.tool(command, PACKAGE, built.parent), capture_output=True, text=True
        )
        tree = done.stdout + done.stderr
        found |= {
            (module, used.replace(" extension", "").strip())
            for module, used in _RESOLVED.findall(tree)
        }
    return frozenset(found)


def apples_own() -> Iterator[str]:
    """Blocks of code that only Apple's systems compile, without texts and comments."""
    for path in sorted(path for folder in _FOLDERS.values() for path in folder.rglob("*.swift")):
        text = re.sub(r"//.*|\"[^\"\n]*\"", "", path.read_text("utf-8"))
        yield from re.findall(
            r"#if canImport\((?:Darwin|UIKit|DeveloperToolsSupport)\)\n(.*?)\n *#(?:else|endif)",
            text,
            re.DOTALL,
        )


def words_of_apple() -> set[str]:
    """Words of such blocks that are neither Swift's nor declared in the project."""
    text = "\n".join(
        path.read_text("utf-8") for folder in _FOLDERS.values() for path in folder.rglob("*.swift")
    )
    declared = set(re.findall(r"\b(?:let|var|func|case|struct|enum|class|actor) +`?(\w+)", text))
    declared |= set(re.findall(r"\b(\w+)(?: \w+)?: ", text)) | {"info"}
    used = {word for block in apples_own() for word in re.findall(r"[A-Za-z_]\w*", block)}
    return used - declared - _WORDS_OF_SWIFT
