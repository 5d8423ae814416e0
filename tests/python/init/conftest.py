"""The built wheel, installed in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from clone import ROOT, clone

Installed = Path
"""The folder of the programs of an environment that has the wheel."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment with the wheel, and with nothing of the repository on its path.

    What the wheel depends on is taken from the environment of the tests, as it lies there.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = clone(folder / "source")
    uv = [str(Path(sys.executable).parent / "uv")]
    build = [*uv, "build", "--quiet", "--wheel", "--no-build-isolation", "--offline"]
    subprocess.run([*build, "--python", sys.executable, "--out-dir", folder, source], check=True)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv/bin/python"
    install = [*uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python]
    subprocess.run([*install, *folder.glob("*.whl")], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "venv/lib" / version / "site-packages"
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = "import runner; print(runner.__file__)"
    found = subprocess.run([python, "-c", where], cwd=folder, capture_output=True, text=True)
    assert found.stdout.startswith(str(folder / "venv")), found.stderr
    assert ROOT not in Path(found.stdout).parents
    return python.parent
