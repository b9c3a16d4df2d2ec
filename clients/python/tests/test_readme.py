"""The README says what the example does."""

from __future__ import annotations

from pathlib import Path


def test_the_test_in_the_readme_is_the_example() -> None:
    root = Path(__file__).parent.parent
    example = (root / "example" / "test_transfer.py").read_text("utf-8")
    assert f"```python\n{example}```" in (root / "README.md").read_text("utf-8")
