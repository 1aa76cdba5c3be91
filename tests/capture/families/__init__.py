"""The cases of every family, one module per group of structures."""

import importlib
import pkgutil

CASES = [
    case
    for module in pkgutil.iter_modules(__path__, f"{__name__}.")
    for case in importlib.import_module(module.name).CASES
]
