"""Which module imports which, read from the source without running any."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path
    for package in ("performer", "models")
    for path in sorted((ROOT / package).rglob("*.py"))
}
# What tests import of each other, by the names under which they do.
HELPERS = {path.stem: path for path in (ROOT / "tests").rglob("*.py")}


def imported(tree: ast.AST, importer: str) -> Iterator[str]:
    """The modules that a tree names in its imports."""
    is_package = MODULES[importer].name == "__init__.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                above = importer.split(".")
                above = above[: len(above) - node.level + is_package]
                origin = ".".join([*above, origin]).rstrip(".")
            for alias in node.names:
                below = f"{origin}.{alias.name}"
                yield below if below in MODULES else origin


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def is_for_types(node: ast.stmt) -> bool:
    """Whether it is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@cache
def module_level(name: str) -> set[str]:
    """What importing a module imports: all but what stands in functions or is for types only."""
    tree = parsed(name)
    found: set[str] = set()
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_for_types(node):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= set(imported(node, name))
        waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        for handler in getattr(node, "handlers", []):
            waiting += handler.body
    return found


@cache
def everything(name: str) -> set[str]:
    """What a module imports anywhere, in functions too."""
    return set(imported(parsed(name), name))


def needs_torch(test: Path) -> bool:
    """Whether a test file imports torch: itself, or through whatever it imports."""
    found: set[str] = set()
    waiting = [*_named(test)]
    while waiting:
        name = waiting.pop()
        if not name or name in found:
            continue
        found.add(name)
        waiting.append(name.rpartition(".")[0])
        if name in MODULES:
            waiting += module_level(name)
        elif helper := HELPERS.get(name.removeprefix("tests.")):
            waiting += _named(helper)
    return "torch" in found


@cache
def _named(path: Path) -> set[str]:
    """The modules that a file of tests names in its imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            found |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
    return found
