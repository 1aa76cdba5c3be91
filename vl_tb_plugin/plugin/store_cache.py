"""Open tensor stores, the latest used ones: opening costs more than reading a slice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from vl_tb_plugin.storage.tensor_store import TensorStore

CAPACITY = 64


class StoreCache:
    """Opens stores on demand and keeps the latest used open. Threads may share it."""

    def __init__(self) -> None:
        self._stores: OrderedDict[Path, TensorStore] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, path: Path) -> TensorStore:
        """The store at ``path``; raises FileNotFoundError."""
        with self._lock:
            store = self._stores.get(path)
            if store is None:
                if not path.is_file():
                    raise FileNotFoundError(
                        f"The tensor store {path.name} is gone from {path.parent}."
                    )
                store = self._stores[path] = TensorStore(path)
            self._stores.move_to_end(path)
            if len(self._stores) > CAPACITY:
                # a thread may still read from it: closed when the last reference goes
                self._stores.popitem(last=False)
            return store
