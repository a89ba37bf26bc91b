"""Write the sketch of ``models/chongqing.mdl``, and the pages and diagrams of its groups."""

from __future__ import annotations

from pathlib import Path

from transition_model.stocks.source import load_source
from transition_model.stocks.views.pages import generated, stale

ROOT = Path(__file__).parents[3]

if __name__ == "__main__":
    if not (ROOT / "pyproject.toml").is_file():
        raise SystemExit(f"{ROOT} is no checkout: diagrams and pages are written in a repository")
    source = load_source()
    for path, text in generated(source).items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    for path in stale(source, ROOT):
        path.unlink()
