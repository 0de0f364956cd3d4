"""The wheel carries what the checkout has, and works where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

UV = shutil.which("uv", path=sysconfig.get_path("scripts"))


def uv(*arguments: str) -> None:
    if UV is None:
        pytest.skip("uv is not installed; it comes with the extra `dev`")
    done = subprocess.run([UV, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_wheel_is_whole_light_and_works_where_nothing_else_is(tmp_path: Path) -> None:
    uv("build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("*.whl")
    has_the_bundled_workspace_and_nothing_foreign(wheel)
    installs_below_100_mb_and_its_demo_runs(wheel, tmp_path)


def has_the_bundled_workspace_and_nothing_foreign(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gem_sim"}
    for name in ("frame_shop", "library"):
        for part in (f"environments/{name}/environment", f"verifiers/{name}", f"generated_tools/{name}"):
            assert any(found.startswith(f"gem_sim/_bundled/{part}.") for found in names)
    assert "gem_sim/py.typed" in names


def bytes_below(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def installs_below_100_mb_and_its_demo_runs(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    uv("venv", "--quiet", "--python", sys.executable, str(folder))
    empty = bytes_below(folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(scripts / "python"), str(wheel))
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
