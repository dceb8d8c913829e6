"""Environment variables that begin with ISOCENTER_ are settings or refused."""

import os
import subprocess

import pytest


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["cast"], ["cast", "status"]], ids=" ".join)
def test_unknown_variable_is_refused(binary, tmp_path, command):
    environment = {**os.environ, "ISOCENTER_STORAGE_FOLDR": str(tmp_path / "data")}
    done = subprocess.run([binary, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "ISOCENTER_STORAGE_FOLDR" in done.stderr and "ISOCENTER_STORAGE_FOLDER?" in done.stderr
    assert list(tmp_path.iterdir()) == []
