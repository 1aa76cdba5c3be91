"""Settings and fixtures of all tests."""

import os
import shutil

import pytest

from tests import shared_work
from tests.demo_runs import DemoRuns, quick_runs

# Set before torch and NumPy are imported. One thread each: the arrays here are small, and threads
# that wait for a core make such work many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    config.option.loadscopereorder = False  # by the number of tests, which says little of the time
    return shared_work.DemoTestsTogether(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: shared_work.place(item.nodeid))


@pytest.fixture(scope="session")
def demo_runs(tmp_path_factory: pytest.TempPathFactory) -> DemoRuns:
    """Runs of the demo at small size: LXMERT with two seeds, and LLaVA."""
    return quick_runs(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser for end-to-end tests."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    paths = (shutil.which(name) for name in names if name)
    path = next((path for path in paths if path), None)
    if path is None:
        pytest.fail("Chromium is needed: install it, or set CHROMIUM to its path")
    return path
