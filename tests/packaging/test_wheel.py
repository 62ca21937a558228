"""The wheel stands alone: in an empty environment with only what it declares, it finds all that it ships."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("playbooks", "templates", "migrations")


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


def closure(wanted: list[Requirement]) -> Iterator[Distribution]:
    """The installed packages that these requirements bring, and what those bring: what pip would install."""
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, extra) for requirement in wanted for extra in {"", *requirement.extras}]
    while waiting:
        requirement, extra = waiting.pop()
        key = (canonicalize_name(requirement.name), extra)
        if key in seen:
            continue
        seen.add(key)
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            pytest.fail(f"{requirement.name} is declared and not installed")
        yield found
        for text in found.requires or []:
            further = Requirement(text)
            if further.marker is None or further.marker.evaluate({"extra": extra}):
                waiting += [(further, name) for name in {"", *further.extras}]


def run(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TOCSIN"))}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=100
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree with the build tools of the lock."""
    folder = tmp_path_factory.mktemp("wheel")
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "wheel",
        "--no-index",
    ]
    built = run([*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("tocsin-*.whl")
    return found


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that has the wheel, what it declares, and nothing else."""
    folder = tmp_path_factory.mktemp("empty") / "env"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).stdout.strip())
    for package in closure(declared()):
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(package.locate_file(top))))
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    installed = run([*pip, "install", "--no-index", "--no-deps", wheel], folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder / "bin"


def test_the_wheel_carries_every_data_file_and_nothing_of_the_tests(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    for name in SHIPPED:
        files = [path for path in (ROOT / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert files, f"{name}/ is empty"
        assert {f"bot/_data/{path.relative_to(ROOT).as_posix()}" for path in files} <= carried
    assert {name.partition("/")[0] for name in carried} == {
        "bot",
        f"tocsin-{wheel.name.split('-')[1]}.dist-info",
    }
    assert "bot/py.typed" in carried


def test_the_installed_package_reads_its_own_data(bin_folder: Path, tmp_path: Path) -> None:
    program = (
        "import json, bot.resources as r\n"
        f"print(json.dumps([str(r.__file__), *[str(r.data(name)) for name in {SHIPPED!r}]]))"
    )
    answer = run([bin_folder / "python", "-c", program], tmp_path)
    assert answer.returncode == 0, answer.stderr
    for place in json.loads(answer.stdout):
        assert Path(place).is_relative_to(bin_folder.parent)
        assert ROOT not in Path(place).parents


def test_missing_data_is_named(bin_folder: Path, tmp_path: Path) -> None:
    program = "from bot.resources import data; data('playbooks', 'none.yaml')"
    answer = run([bin_folder / "python", "-c", program], tmp_path)
    assert answer.returncode == 1
    assert "FileNotFoundError" in answer.stderr
    assert "none.yaml" in answer.stderr


def test_the_command_helps_from_an_empty_folder(bin_folder: Path, tmp_path: Path) -> None:
    answer = run([bin_folder / "tocsin", "--help"], tmp_path)
    assert answer.returncode == 0, answer.stderr
    for command in ("demo", "init", "check", "run", "export", "verify"):
        assert command in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_is_shipped_checks_without_network_or_configuration(bin_folder: Path, tmp_path: Path) -> None:
    answer = run([bin_folder / "tocsin", "check", "--offline"], tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.strip()
    assert list(tmp_path.iterdir()) == []


def test_init_writes_what_check_then_reads(bin_folder: Path, tmp_path: Path) -> None:
    made = run([bin_folder / "tocsin", "init", "site"], tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    unit = (tmp_path / "site" / "tocsin.service").read_text(encoding="utf-8")
    assert f'ExecStart={bin_folder / "tocsin"} --config "{tmp_path / "site" / "tocsin.toml"}" run\n' in unit
    checked = run([bin_folder / "tocsin", "--config", "site/tocsin.toml", "check", "--offline"], tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "site/tocsin.toml" in checked.stdout


def test_the_demo_says_what_it_lacks_without_its_extra(bin_folder: Path, tmp_path: Path) -> None:
    program = "from pathlib import Path; from bot.demo.synapse import Synapse; Synapse(Path('hs')).start()"
    answer = run([bin_folder / "python", "-c", program], tmp_path)
    assert answer.returncode == 1
    assert "Synapse is not installed" in answer.stderr
