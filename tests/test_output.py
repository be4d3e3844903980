"""What is written and replaced, and what is never touched or left behind."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import edgekit_cli

from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.errors import OutputError
from edgekit.files import write_text
from edgekit.staging import check_replaceable


def a_photo(folder: Path) -> Path:
    return folder / "photo.jpg"


def a_photo_deep_down(folder: Path) -> Path:
    return folder / "tokenizer" / "old" / "photo.jpg"


def a_photo_in_a_package(folder: Path) -> Path:
    return folder / "model-int8.mlpackage" / "Data" / "photo.jpg"


@pytest.mark.parametrize("place", [a_photo, a_photo_deep_down, a_photo_in_a_package])
def test_a_bundle_with_something_else_in_it_is_not_replaced(
    place: Callable[[Path], Path], bundle: Bundle, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "out"))
    photo = place(folder)
    photo.parent.mkdir(exist_ok=True)
    photo.write_bytes(b"a photo")
    with pytest.raises(OutputError, match=r"photo\.jpg|model-int8\.mlpackage"):
        check_replaceable(folder, force=True)
    photo.unlink()
    check_replaceable(folder, force=True)


def test_a_link_out_of_a_bundle_is_something_else(bundle: Bundle, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "out"))
    (folder / "photos").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="photos"):
        check_replaceable(folder, force=True)


def test_a_damaged_bundle_is_replaced(bundle: Bundle, tmp_path: Path) -> None:
    """To convert again is the remedy that its error names."""
    folder = Path(shutil.copytree(bundle.path, tmp_path / "out"))
    (folder / "model-int8.onnx").unlink()
    (folder / "model-fp32.onnx").write_bytes(b"")
    check_replaceable(folder, force=True)


@pytest.mark.parametrize("content", ["{}", '{"schema_version": "1.3"}', "[]", "not JSON"])
def test_a_foreign_folder_is_not_replaced(content: str, bare_config: Path, tmp_path: Path) -> None:
    """Many programs call a file manifest.json."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MANIFEST).write_text(content)
    with pytest.raises(OutputError, match="not a bundle"):
        check_replaceable(tmp_path / "out", force=True)


def test_the_command_refuses_before_anything_slow(bare_config: Path, tmp_path: Path) -> None:
    for name in ("folder", "file"):
        out = tmp_path / name
        out.mkdir() if name == "folder" else out.write_text("mine")
        (out / "photo.jpg").write_text("mine") if out.is_dir() else None
        result = edgekit_cli("convert", bare_config, "-o", out, "--force", cwd=tmp_path)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "will not be replaced" in result.stderr
    assert (tmp_path / "folder" / "photo.jpg").read_text() == "mine"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "link.md").symlink_to("real.md")
    write_text(tmp_path / "link.md", "new")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_and_a_device_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        write_text(pipe, "for the reader")
        assert reader.communicate()[0] == "for the reader"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_text(Path(os.devnull), "for nobody")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="a system without /dev/stdout")
def test_standard_output_keeps_what_was_printed_before(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nfrom edgekit.files import write_text\n"
        "print('before', flush=True)\nwrite_text(Path('/dev/stdout'), 'the page')\n"
    )
    with (tmp_path / "out.txt").open("w") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out.txt").read_text() == "before\nthe page"
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.slow
def test_a_failing_evaluation_leaves_no_folder(
    small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    data = tmp_path / "data.tsv"
    data.write_text("text\tlabel\nfine\tno such label\n")
    folder = small("text-classification").path
    result = edgekit_cli("eval", folder, "--data", data, "-o", "deep/out", cwd=tmp_path)
    assert (result.returncode, result.stderr.splitlines()[-1][:6]) == (2, "error:")
    assert list(tmp_path.iterdir()) == [data]
