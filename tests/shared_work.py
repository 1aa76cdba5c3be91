"""How several processes share the tests: ``pytest --numprocesses 2 --dist loadfile``."""

from xdist.scheduler import LoadFileScheduling

LONG = ("capture", "integrations", "packaging", "plugin", "examples")
"""Folders whose files take longest, in the order in which they begin: what begins last has to be
short for all processes to end together."""

ON_THE_DEMO = ("tests/end_to_end/", "tests/examples/test_digits_vqa.py")
"""Tests that share the demo's log, and most of them the browser and TensorBoard on it."""


class DemoTestsTogether(LoadFileScheduling):
    """The tests of a file run in one process, and so do all that share the log of the demo."""

    def _split_scope(self, nodeid: str) -> str:
        return "demo" if nodeid.startswith(ON_THE_DEMO) else super()._split_scope(nodeid)


def place(nodeid: str) -> int:
    """What to sort tests by, so that the long ones come first."""
    if nodeid.startswith(ON_THE_DEMO):
        return 0
    folder = nodeid.removeprefix("tests/").split("/", 1)[0]
    return 1 + (LONG.index(folder) if folder in LONG else len(LONG))
