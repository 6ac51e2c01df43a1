"""Names of a package that are looked up in its modules at their first use (PEP 562).

So importing a package costs next to nothing, and a program waits only for what it uses. No such name may be
that of a module in the package: once that is imported, the name would be the module.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def later(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """A package's `__getattr__`.

    Args:
        package: its name.
        modules: those in it, to the names that each has for the package.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def look_up(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # which answers from now on
        return value

    return look_up
