"""What README promises is there: commands, settings with their defaults, make targets, files, the Python example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from stcore.__main__ import app
from stcore.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sample_data/*/README.md")])


def blocks(language: str = "") -> list[str]:
    """The fenced blocks of README in one language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", README, flags=re.DOTALL | re.MULTILINE)


def settings_table() -> dict[str, str]:
    """Variable -> default as README's table has them."""
    return dict(re.findall(r"^\| `(FIELDCAST_\w+)` \| ([^|]+?) \|", README, flags=re.MULTILINE))


def test_every_setting_stands_in_readme_and_no_other() -> None:
    assert set(settings_table()) == {PREFIX + name.upper() for name in Settings.model_fields}


def test_numeric_defaults_are_those_of_the_settings() -> None:
    stated = settings_table()
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float):
            assert float(stated[PREFIX + name.upper()]) == field.default, name


def test_every_command_in_readme_exists_and_every_useful_one_stands_there() -> None:
    named = set(re.findall(r"python -m stcore (\w+)", README))
    known = set(typer.main.get_command(app).commands)
    assert named <= known
    later = {"api", "token", "feed", "pretrain"}
    assert known - later <= named


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    code = re.findall(r"`make ([a-z]+)", document.read_text()) + re.findall(
        r"^make ([a-z]+)", document.read_text(), re.MULTILINE
    )
    assert set(code) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_files_named_in_commands_exist() -> None:
    named = {name for block in blocks() for name in re.findall(r"sample_data/[\w./-]+", block)}
    assert named
    assert all((ROOT / name).exists() for name in named)


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:3]) for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_model_and_detector_has_a_line_in_the_guide() -> None:
    import stcore

    guide = (ROOT / "docs/guide/models.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)`", guide, flags=re.MULTILINE))
    assert named == {*stcore.list_models(), *stcore.list_detectors()}


def test_the_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("python")
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)  # README is our own text
    assert "skill" in capsys.readouterr().out
    assert (tmp_path / "my-model").is_dir()
    assert len(names["future"]) == 12 * 3  # type: ignore[arg-type]
