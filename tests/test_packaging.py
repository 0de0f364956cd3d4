"""The wheel carries what the checkout has, and works where nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

build = pytest.importorskip("build", reason="the extra `dev` is not installed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_has_the_bundled_workspace_and_nothing_foreign(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gem_sim"}
    for name in ("frame_shop", "library"):
        for part in (f"environments/{name}/environment", f"verifiers/{name}", f"generated_tools/{name}"):
            assert any(found.startswith(f"gem_sim/_bundled/{part}.") for found in names)
    assert "gem_sim/py.typed" in names


def bytes_below(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def test_the_wheel_installs_below_100_mb_and_its_demo_runs(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    venv.create(folder, with_pip=True)
    empty = bytes_below(folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert bytes_below(folder) - empty < 100e6
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    demo = subprocess.run(
        [str(scripts / "gem-sim"), "demo"], cwd=elsewhere, env=clean, capture_output=True, text=True, check=False
    )
    assert demo.returncode == 0, demo.stderr
    assert "verified by replay" in demo.stdout
    assert (elsewhere / "gem-sim-demo.html").stat().st_size > 1000
