"""Arrays of numpy and tensors of torch alike: formulas are written once, in what both share.

Neither is imported for it: whoever holds a tensor has loaded torch.
"""

from __future__ import annotations

import sys
from typing import Any


def library_of(array: Any) -> Any:
    """The library that an array belongs to, ``numpy`` or ``torch``."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def as_numpy(array: Any) -> Any:
    """The same numbers as an array of numpy, from whatever device."""
    return array.cpu().numpy() if hasattr(array, "cpu") else array
