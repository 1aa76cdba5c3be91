"""Settings and fixtures of all tests."""

import os
import shutil

import pytest

# Set before torch and NumPy are imported. One thread each: the arrays here are small, and threads
# that wait for a core make such work many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser for end-to-end tests."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    paths = (shutil.which(name) for name in names if name)
    path = next((path for path in paths if path), None)
    if path is None:
        pytest.fail("Chromium is needed: install it, or set CHROMIUM to its path")
    return path
