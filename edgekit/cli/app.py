"""``edgekit app``: parse, call :mod:`edgekit.mobile`, say what comes next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.options import NAMES, FilePath, Text, debug_option
from edgekit.errors import PlanError

if TYPE_CHECKING:
    from edgekit.mobile.choice import Chosen
    from edgekit.mobile.project import AppProject

PASSWORD = "EDGEKIT_KEY_PASSWORD"


@click.command()
@click.argument("bundles", nargs=-1, required=True, type=FilePath())
@click.option("--platform", required=True, type=click.Choice(["android", "ios", "web"]))
@click.option("-o", "--out", type=FilePath(), help="The project's folder, or the site's.")
@click.option("--artifact", "artifacts", type=NAMES, help="Files that go in, the default first.")
@click.option("--id", "application_id", type=Text(), help="Like com.example.reviews.")
@click.option("--name", type=Text(), help="What people see under the icon.")
@click.option("--apk", type=FilePath(), help="Write a signed APK, without Gradle or Java.")
@click.option("--key", type=FilePath(), help=f"PKCS #12 key store; its password in {PASSWORD}.")
@click.option("--aar", type=FilePath(), help="ONNX Runtime for Android, if not fetched yet.")
@click.option(
    "--test/--no-test",
    default=True,
    help="Run the iOS project's tests on the bundles, where Swift is.  [default: test]",
)
@click.option("--install", is_flag=True, help="Install the APK on the phone that adb sees.")
@debug_option
def app(
    bundles: tuple[Path, ...],
    platform: str,
    out: Path | None,
    artifacts: tuple[str, ...] | None,
    application_id: str | None,
    name: str | None,
    apk: Path | None,
    key: Path | None,
    aar: Path | None,
    test: bool,
    install: bool,
    debug: bool,
) -> None:
    """Put BUNDLES into an app: a project, an APK or a site.

    Android Studio or Xcode opens the project. Without --artifact each bundle's smallest file goes
    in. A project that is there keeps everything but its bundles and its names; a site is written
    anew, for edgekit serve or any web host.

    \b
    Examples:
      edgekit app model.edgekit --platform android -o MyApp
      edgekit app model.edgekit --platform android --apk my.apk --install
      edgekit app model.edgekit --platform web -o site
    """
    from edgekit.bundle import Bundle
    from edgekit.mobile import choice, platforms, project

    if (out is None) == (apk is None):
        raise PlanError("name the project's folder with -o, or a file with --apk")
    if apk is None and (key or aar or install):
        raise PlanError("--key, --aar and --install are for --apk")
    if apk is not None and platform != "android":
        raise PlanError("an APK is for --platform android")
    row = platforms.get(platform) if apk is None else platforms.APK
    chosen = choice.choose([Bundle.open(path) for path in bundles], artifacts or (), row)
    if not isinstance(row, platforms.Project):
        assert out is not None  # --apk is for Android
        _write_site(chosen, bundles, out, application_id, name)
        return
    made = project.AppProject(row, chosen, application_id, name)
    if apk is not None:
        _package(made, apk, key, aar, install)
        _say(
            chosen, apk, made.runtimes, project.steps_of_apk(made, apk, bundles, installed=install)
        )
    elif out is not None:
        project.stamp(made, out)
        _say(chosen, out, made.runtimes, project.steps(made, out, bundles))
        if test and platform == "ios":
            sys.exit(_test(out))


def _write_site(
    chosen: tuple[Chosen, ...],
    bundles: tuple[Path, ...],
    out: Path,
    application_id: str | None,
    name: str | None,
) -> None:
    """Writes the site, and prints what is in it and what comes next."""
    from edgekit.mobile import site
    from edgekit.mobile.platforms import WEB

    if application_id is not None:
        raise PlanError("a site has no application id: leave out --id")
    made = site.Site(chosen, name)
    site.write(made, out, click.echo)
    _say(chosen, out, tuple(WEB.runtimes.values()), site.steps(made, out, bundles))


def _package(
    made: AppProject, apk: Path, key: Path | None, aar: Path | None, install: bool
) -> None:
    """Makes a signed APK of a project, and installs it where that was asked for.

    Args:
        made: the project.
        apk: the file to write.
        key: of a key store; None is edgekit's own key on this machine.
        aar: an archive with the runtime's libraries; None is the one that ``make android`` fetched.
        install: whether it is installed on the phone that adb sees.
    """
    from edgekit.benchmarks.devices.android.adb import Adb
    from edgekit.mobile import packaging, parts

    signer = packaging.key(key, os.environ.get(PASSWORD, ""))
    shell = parts.shell()
    libraries: dict[str, bytes] = {}
    for module in made.runtimes:
        libraries |= parts.libraries(aar or parts.fetched(module), parts.ARCHIVES[module])
    packaging.package(made, apk, shell=shell, libraries=libraries, key=signer)
    if install:
        click.echo(f"installed on {packaging.install(apk, Adb.found(), None)}")


def _test(out: Path) -> int:
    """Runs ``swift test`` in the project, if Swift is installed.

    Returns:
        Its exit code; 0 without Swift.
    """
    from edgekit.toolchains import swift

    found = swift.found()
    if found is None:
        return 0
    click.echo("swift test, on these bundles:")
    return subprocess.run(found.package("test", out, "--filter", "BundlesTests")).returncode


def _say(
    chosen: tuple[Chosen, ...], out: Path, runtimes: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    """Prints which files went in, what opens them, and the next steps."""
    from edgekit.words import megabytes

    for each in chosen:
        files = ", ".join(artifact.file for artifact in each.artifacts)
        click.echo(f"{each.name}: {files}, {megabytes(each.size_bytes)}")
    click.echo(f"{out} has them, and opens them with {', '.join(runtimes)}; next:")
    for number, step in enumerate(steps, 1):
        click.echo(f"  {number}. {step}")
