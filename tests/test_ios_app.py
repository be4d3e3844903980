"""The iOS app without a Mac: its project, its words, and its Linux build measured by edgekit.

Core ML is a stand-in there that asks ONNX Runtime, and no view is drawn.
"""

from __future__ import annotations

import json
import plistlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import apple_availability
import apple_usage
import onnxruntime
import pytest
import xcode_output as output
from apple_availability import STAND_IN_ONLY, STAND_INS, declared
from openstep_parser import OpenStepDecoder
from scripted_mac import Mac

from edgekit.benchmarks.devices import app_runner
from edgekit.benchmarks.results import Store
from edgekit.bundle import Bundle
from edgekit.files import locked
from edgekit.toolchains import swift

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ios_demo"
APP = PACKAGE / "App"
SOURCES = APP / "EdgekitDemo"
PROJECT = APP / "EdgekitDemo.xcodeproj"
FILES = ("Info.plist", "EdgekitDemo/PrivacyInfo.xcprivacy", "EdgekitDemo.xcodeproj/project.pbxproj")


@pytest.fixture(scope="session")
def toolchain() -> swift.Swift:
    found = swift.found()
    if found is None:
        pytest.skip("Swift is not in edgekit's cache: make swift")
    return found


@pytest.fixture(scope="session")
def program(toolchain: swift.Swift) -> tuple[str, ...]:
    """The app's Linux build."""
    if sys.platform != "linux":
        pytest.skip("the stand-ins for Apple's modules are part of the package on Linux only")
    scratch = swift.scratch_folder(PACKAGE)
    with locked(scratch.with_suffix(".lock"), "another build", print):
        command = toolchain.package("build", PACKAGE, "--product", "EdgekitDemo")
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    return tuple(toolchain.program(scratch / "debug" / "EdgekitDemo"))


# ---- measured by edgekit ------------------------------------------------------------------------


@pytest.fixture
def mac(tmp_path: Path, program: tuple[str, ...], brief: Bundle) -> Mac:
    """A Mac whose iPhone has the app, and its Core ML stand-in the bundle's own ONNX file."""
    files = {(row.format, row.recipe): row for row in brief.artifacts}
    standin = tmp_path / "standin.json"
    facts = {
        "library": str(next(Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so*"))),
        "model": str(files["onnx", "fp32"].path),
        "outputs": [spec.name for spec in brief.signature.outputs],
        "functions": [f"seq_{length}" for length in brief.manifest.buckets],
    }
    standin.write_text(json.dumps(facts))
    environment = {"EDGEKIT_STANDIN": str(standin)}
    return Mac(tmp_path / "mac", program=program, environment=environment)


SUITE = """
devices = ["ios"]
lengths = [10]
recipes = ["fp32"]
runtimes = ["coreml"]
limits = {{ min_samples = 2, max_samples = 2, warm_up = 0, processes = 1 }}
models = [{{ bundle = {bundle} }}]
"""


@pytest.mark.slow  # the package is compiled
def test_the_app_is_measured_through_its_core_ml_code(mac: Mac, brief: Bundle) -> None:
    suite = mac.folder.with_suffix(".toml")
    suite.write_text(SUITE.format(bundle=json.dumps(str(brief.path))))
    done = mac.edgekit("bench", "--suite", str(suite), "-o", "out")
    assert done.returncode == 0, done.stderr
    (row,) = Store(mac.folder / "out").load()
    assert row.failure is None
    assert row.parity is not None
    assert row.parity.passed
    assert row.parity.cases == 3
    assert len(row.latency_ms) == app_runner.TOGETHER
    assert row.peak_memory_bytes
    assert row.environment["thermal_state"] == "nominal"
    documents = mac.folder / "containers/a" / output.APP / "Documents"
    mac.device().clean()
    assert not (documents / "edgekit-files").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"contract": 2}, "contract 2 is unknown here: this app keeps 1"),
        ({"runtime": "litert"}, "this app has no runtime 'litert'"),
        ({"commands": "fly 3"}, "the contract has no command 'fly 3'"),
        ({"commands": "feed 4 Documents/none.bin"}, "none.bin"),
    ],
)
def test_what_the_app_cannot_do_is_an_event(
    mac: Mac, tmp_path: Path, program: tuple[str, ...], asked: Mapping[str, Any], message: str
) -> None:
    package = tmp_path / "Documents/model.mlpackage"
    package.mkdir(parents=True)
    request = {
        **{"contract": 1, "id": "a1", "model": "Documents/model.mlpackage", "runtime": "coreml"},
        **{"threads": 1, "inputs": "input_ids", "outputs": "x", "commands": "", **asked},
    }
    home = {"CFFIXED_USER_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "Caches")}
    subprocess.run(
        [*program, "--edgekit", json.dumps(request)],
        env={**mac.environment, **home},
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
    lines = (tmp_path / "Documents/edgekit/a1.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert last["event"] == "error"
    assert message in last["message"]


# ---- the project --------------------------------------------------------------------------------


def objects() -> dict[str, dict[str, Any]]:
    """The project's objects by their ids."""
    with (PROJECT / "project.pbxproj").open() as file:
        found: dict[str, dict[str, Any]] = OpenStepDecoder.ParseFromFile(file)["objects"]
    return found


def references(value: object) -> Iterator[str]:
    """Everything in an object that looks like the id of another."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, str) and re.fullmatch(r"[0-9A-F]{24}", value):
        yield value


def test_every_reference_of_the_project_is_resolved() -> None:
    found = objects()
    (project,) = (row for row in found.values() if row["isa"] == "PBXProject")
    reached, waiting = set(), [*references(project)]
    while waiting:
        key = waiting.pop()
        assert key in found, f"{key} is referred to and not there"
        if key not in reached:
            reached.add(key)
            waiting += references(found[key])
    whole = {key for key, row in found.items() if row["isa"] != "PBXProject"}
    assert reached == whole, "what nobody refers to"
    scheme = ElementTree.parse(PROJECT / "xcshareddata/xcschemes/EdgekitDemo.xcscheme")
    for row in scheme.iter("BuildableReference"):
        assert found[row.attrib["BlueprintIdentifier"]]["name"] == row.attrib["BlueprintName"]


def test_every_file_of_the_project_is_there() -> None:
    found = objects()
    kinds = ("PBXFileReference", "PBXFileSystemSynchronizedRootGroup")
    paths = [row["path"] for row in found.values() if row["isa"] in kinds]
    made = {"EdgekitDemo.app"}
    assert {*paths} - made == {path.name for path in APP.iterdir()} - {PROJECT.name}
    (package,) = (row for row in found.values() if row["isa"] == "XCLocalSwiftPackageReference")
    manifest = (APP / package["relativePath"] / "Package.swift").read_text("utf-8")
    wanted = {row["productName"] for row in found.values() if "SwiftPackageProduct" in row["isa"]}
    products = re.search(r"products: \[(.*?)\]", manifest, re.DOTALL)
    assert products is not None
    assert wanted <= set(re.findall(r'"(\w+)"', products[1]))
    bundles = next(row for row in found.values() if row.get("path") == "Bundles")
    assert bundles["lastKnownFileType"] == "folder", "else Xcode compiles what is inside"


def test_apples_own_reader_takes_the_files(toolchain: swift.Swift) -> None:
    """That of Foundation, as open source: the second that reads the project."""
    command = toolchain.tool(["plutil", "-lint", "--", *FILES], APP)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.count(": OK") == len(FILES), done.stdout + done.stderr


def test_bundles_open_from_files() -> None:
    info = plistlib.loads((APP / "Info.plist").read_bytes())
    (document,) = info["CFBundleDocumentTypes"]
    (declared,) = info["UTExportedTypeDeclarations"]
    assert document["LSItemContentTypes"] == [declared["UTTypeIdentifier"]]
    assert f'exportedAs: "{declared["UTTypeIdentifier"]}"' in swift_text(SOURCES)
    assert declared["UTTypeTagSpecification"] == {"public.filename-extension": ["edgekit"]}
    privacy = plistlib.loads((SOURCES / "PrivacyInfo.xcprivacy").read_bytes())
    assert privacy["NSPrivacyTracking"] is False


def swift_text(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.swift")))


# ---- the words ----------------------------------------------------------------------------------


def test_every_word_is_used_and_known() -> None:
    text = swift_text(SOURCES)
    cases = re.findall(
        r"^  case (\w+)(?: = \"(\w+)\")?$", (SOURCES / "Word.swift").read_text(), re.M
    )
    catalogue = json.loads((SOURCES / "Localizable.xcstrings").read_text("utf-8"))
    assert {raw or name for name, raw in cases} == set(catalogue["strings"])
    unused = [name for name, _ in cases if not re.search(rf"(Word|: |\()\.{name}\b", text)]
    assert not unused


# ---- Apple's interfaces -------------------------------------------------------------------------

LEAST = {"CoreAI": (27, 0)}  # only where the system has it
APP_IOS = (18, 0)  # the app's own iOS


@pytest.mark.parametrize("framework", sorted(path.name for path in STAND_INS.iterdir()))
def test_every_interface_of_a_stand_in_is_in_the_table(framework: str) -> None:
    since = in_the_table()[framework]
    used = set(declared(framework)) - STAND_IN_ONLY
    assert used - set(since) == set()


def test_core_ai_stands_behind_a_question_for_its_ios() -> None:
    """Whatever is newer than the app is only used where the system has it."""
    for path in (PACKAGE / "Sources/EdgekitCoreAI").glob("*.swift"):
        text = path.read_text("utf-8")
        types = re.findall(r"^  (?:public )?(?:actor|struct|class|enum|extension) ", text, re.M)
        assert text.startswith("#if canImport(CoreAI)")
        assert len(re.findall(r"^  @available\(iOS 27, macOS 27, \*\)", text, re.M)) == len(types)


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def in_the_table() -> dict[str, dict[str, str]]:
    """Since which iOS, by framework and name."""
    since: dict[str, dict[str, str]] = json.loads(apple_availability.TABLE.read_text("utf-8"))
    return since["since"]


def test_nothing_in_the_table_is_newer_than_the_apps_ios() -> None:
    for framework, rows in in_the_table().items():
        assert rows
        newest = max(map(version, rows.values()))
        assert newest <= LEAST.get(framework, APP_IOS), framework


def test_what_only_apples_systems_compile_is_in_the_table() -> None:
    table = in_the_table()
    names = " ".join((*table, *(name for rows in table.values() for name in rows)))
    used = apple_usage.words_of_apple()
    assert {"UIDevice", "isIdleTimerDisabled", "ledger_phys_footprint_peak"} < used
    assert used - set(re.findall(r"\w+", names)) == set()


@pytest.mark.slow
def test_what_linux_compiles_is_in_the_table(
    toolchain: swift.Swift, program: tuple[str, ...]
) -> None:
    """What has no stand-in: Foundation and the C library. All else is Swift's, or the package's."""
    table = in_the_table()
    used: dict[str, set[str]] = {}
    for module, name in apple_usage.resolved(toolchain):
        used.setdefault(module, set()).add(name)
    foundation = set().union(*(used.pop(module, set()) for module in apple_usage.FOUNDATION))
    assert len(foundation) > 70
    assert foundation - table["Foundation"].keys() == set()
    of_c = set().union(*(used.pop(module, set()) for module in apple_usage.C_LIBRARY))
    assert of_c - table["Darwin"].keys() == set()
    assert used.pop("Dispatch") - table["Dispatch"].keys() == set()
    stand_ins = {path.name for path in STAND_INS.iterdir()}
    assert used.keys() <= {*apple_usage.TARGETS, *stand_ins, *apple_usage.OF_SWIFT}


@pytest.mark.slow
def test_what_asks_mach_is_swift_6(toolchain: swift.Swift) -> None:
    """Only Apple's systems compile it: here against the declarations of their headers."""
    source = PACKAGE / "Sources/EdgekitBench/MemoryUse.swift"
    headers = Path(__file__).parent / "mach"
    command = ["swiftc", "-typecheck", "-swift-version", "6", "-I", str(headers), str(source)]
    done = subprocess.run(toolchain.tool(command, PACKAGE, headers), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("module", apple_usage.OF_SWIFT[:-1])
def test_swifts_own_modules_are_part_of_the_apps_ios(module: str, toolchain: swift.Swift) -> None:
    """Swift 6.0 came with iOS 18: nothing in its modules has to be looked up."""
    if toolchain.root is None:
        pytest.skip("the machine's own Swift may be newer: make swift")
    (folder,) = toolchain.root.glob(f"usr/libexec/swift/lib/swift/linux/{module}.swiftmodule")
    (interface,) = folder.glob("x86_64-*-gnu.swiftinterface")
    found = set(re.findall(r"\biOS ([\d.]+)", interface.read_text("utf-8")))
    assert found
    assert max(map(version, found)) <= APP_IOS


def test_the_project_and_the_package_say_the_same_ios() -> None:
    settings = (PROJECT / "project.pbxproj").read_text()
    assert set(re.findall(r"IPHONEOS_DEPLOYMENT_TARGET = ([\d.]+);", settings)) == {"18.0"}
    assert ".iOS(.v18)" in (PACKAGE / "Package.swift").read_text()


@pytest.mark.slow
def test_the_apps_swift_is_formatted(toolchain: swift.Swift) -> None:
    folders = ["App/EdgekitDemo", "Sources", "Stubs", "Tests", "Package.swift"]
    command = ["swift", "format", "lint", "--strict", "--recursive", *folders]
    done = subprocess.run(toolchain.tool(command, PACKAGE), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
