"""The rooms and their doors: who may import whom, what stays out, and how long a page may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BASE = {
    "answers",
    "errors",
    "config",
    "records",
    "registry",
    "settings",
    "experiment",
    "findings",
    "learning",
    "preparation",
    "spatial",
    "words",
}
BELOW: dict[str, set[str]] = {
    "base": set(),
    "data": {"base"},
    "plots": {"base", "data"},
    "terminal": {"base", "data", "evaluation"},
}
BELOW["models"] = BELOW["evaluation"] = {"base", "data"}
BELOW["training"] = {"base", "data", "models", "evaluation"}
BELOW["anomaly"] = BELOW["pretraining"] = BELOW["training"] | {"training"}
BELOW["scenarios"] = BELOW["anomaly"] | {"anomaly"}
BELOW["workflow"] = BELOW["anomaly"] | {"anomaly", "plots"}
BELOW["operations"] = BELOW["anomaly"] | {"anomaly", "scenarios", "workflow", "__init__"}
BELOW["library"] = {"base", "data", "operations"}
BELOW["__init__"] = BELOW["operations"] | {"operations", "library", "plots"}
BELOW["__main__"] = BELOW["__init__"] | {"pretraining", "terminal"}
BELOW["ui"] = BELOW["__init__"]
BELOW["pages"] = BELOW["app"] = BELOW["ui"] | {"ui"}
DELAYED = {("records", "data"), ("records", "anomaly"), ("words", "data")}
"""Records and words name the room above inside a function only, so that importing them stays light."""

THIRD_PARTY = {  # import name -> name in requirements.txt, where they differ
    "sklearn": "scikit-learn", "yaml": "PyYAML", "sqlalchemy": "SQLAlchemy", "PIL": "pillow",
}  # fmt: skip
THROUGH_OTHERS = {"starlette", "uvicorn", "pillow", "annotated_types"}
"""Parts of the interface of Streamlit (its application is a Starlette one) and pydantic (bounds): pinned through them."""


def sources() -> list[Path]:
    """Every Python file that ships."""
    return sorted([*ROOT.glob("stcore/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")])


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def room(path: Path) -> str:
    """The room a file belongs to: "data", "ui", "base", "pages", ..."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] != "stcore":
        return parts[0]
    return "base" if parts[1] in BASE else parts[1]


def room_of_module(module: str) -> str | None:
    """The room behind an imported module name, None for other packages."""
    parts = module.split(".")
    if parts[0] in {"app", "pages"}:
        return parts[0]
    if parts[0] != "stcore":
        return None
    if len(parts) == 1:
        return "__init__"
    return "base" if parts[1] in BASE else parts[1]


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Every absolute module name imported anywhere in the file, ``from a import b`` also as ``a.b`` for our own."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                base = path.relative_to(ROOT).parts[: -node.level]
                module = ".".join((*base, *([module] if module else [])))
            if module in {"stcore", "pages"}:
                yield from ((f"{module}.{alias.name}", node) for alias in node.names)
            else:
                yield module, node


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def inside_function(path: Path) -> set[int]:
    """Ids of the import statements that run only when a function is called, or only for type checkers."""
    late: set[int] = set()
    for node in ast.walk(tree(path)):
        checking = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if checking or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            late |= {id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)}
    return late


@pytest.mark.parametrize("path", named(sources()))
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    here, late = room(path), inside_function(path)
    allowed = BELOW[here] | {here}
    wrong = []
    for module, node in imports(path):
        there = room_of_module(module)
        if there is None or there in allowed:
            continue
        if there not in BELOW:  # `from stcore import name`: a public name
            there = "__init__"
        delayed = id(node) in late and (path.stem, there) in DELAYED
        if there not in allowed and not delayed:
            wrong.append(f"line {node.lineno}: {here} imports {module}")
    assert not wrong


@pytest.mark.parametrize("path", named(sources()))
def test_streamlit_is_known_only_to_app_pages_and_ui(path: Path) -> None:
    if room(path) not in {"app", "pages", "ui"}:
        assert "streamlit" not in {module.split(".")[0] for module, _ in imports(path)}


@pytest.mark.parametrize("path", named(sorted(ROOT.glob("stcore/plots/*.py"))))
def test_plots_know_no_torch(path: Path) -> None:
    assert "torch" not in {module.split(".")[0] for module, _ in imports(path)}


@pytest.mark.parametrize("path", named(sources()))
def test_nothing_is_swallowed_or_unpickled(path: Path) -> None:
    names = {module.split(".")[0] for module, _ in imports(path)}
    assert not names & {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: bare except"
        if isinstance(node, ast.Call):
            call, given = ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}
            if call == "torch.load":
                assert given.get("weights_only") == "True", f"line {node.lineno}"
            assert call not in {"eval", "exec", "pd.read_pickle", "pandas.read_pickle"}, f"line {node.lineno}: {call}"
            assert given.get("allow_pickle", "False") == "False", f"line {node.lineno}"


@pytest.mark.parametrize("path", named(sources()))
def test_every_import_is_pinned(path: Path) -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines() + (
        ROOT / "requirements-extra.txt"
    ).read_text().splitlines()
    pinned = {re.split(r"[=\[<>~! ]", line)[0].lower() for line in lines if line and not line.startswith("#")}
    ours = {"stcore", "pages", "app", "__future__"}
    wanted = {module.split(".")[0] for module, _ in imports(path)} - ours - sys.stdlib_module_names
    wanted = {THIRD_PARTY.get(name, name) for name in wanted} - THROUGH_OTHERS
    assert {name.lower() for name in wanted} <= pinned


def test_runtime_pins_are_exact() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins[0] == "torch==2.13.0"
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[0-9][0-9.]*", pin) for pin in pins)


@pytest.mark.parametrize(("pattern", "most"), [("app.py", 60), ("pages/*.py", 120), ("stcore/**/*.py", 400)])
def test_files_stay_short(pattern: str, most: int) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in ROOT.glob(pattern)}
    assert lengths
    assert not {name: length for name, length in lengths.items() if length > most}


def test_pages_only_ask_and_show() -> None:
    """A page reads no file, runs no SQL, computes nothing with arrays and keeps no session keys of its own."""
    forbidden = {"torch", "sklearn", "statsmodels", "duckdb", "sqlalchemy", "sqlite3", "numpy", "scipy"}
    for path in ROOT.glob("pages/*.py"):
        assert not forbidden & {module.split(".")[0] for module, _ in imports(path)}, path.name
        calls = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
        assert not calls & {"open", "pd.read_csv", "pd.read_parquet"}, path.name
        assert "session_state" not in path.read_text(), path.name


def test_names_say_what_is_in_them() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not [str(path) for path in sources() if vague & set(path.relative_to(ROOT).with_suffix("").parts)]


def test_importing_stcore_is_light() -> None:
    heavy = ["torch", "sklearn", "statsmodels", "streamlit", "plotly", "pydeck"]
    script = f"import sys, stcore; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
