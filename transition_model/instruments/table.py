"""The table of all rules in ``docs/instruments.md``, written from the data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from transition_model.declared import worst
from transition_model.errors import InputError
from transition_model.instruments.amounts import FORMS
from transition_model.instruments.schema import Instrument

BEGIN = "<!-- table of instruments: begin -->"
END = "<!-- table of instruments: end -->"


def table(instruments: Mapping[str, Instrument]) -> str:
    """A Markdown table of the rules, by measure and id."""
    lines = [
        "| measure | instrument | what | whom | versions | amount | after | status | answered by |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for rule in sorted(instruments.values(), key=lambda rule: (rule.measure, rule.id)):
        forms = list(dict.fromkeys(FORMS[version.form_key] for version in rule.versions))
        spans = f"{len(rule.versions)}: {rule.versions[0].start} to {rule.last_end}"
        if any(version.open_ended for version in rule.versions):
            spans += ", no end named"
        after = rule.after if rule.phase_out_days is None else f"{rule.phase_out_days} days"
        status = worst(version.status for version in rule.versions).value
        measures = ", ".join(str(number) for number in (rule.measure, *rule.also))
        cells = [
            measures, f"`{rule.id}`", f"{rule.label_en} {rule.label_zh}",
            f"{rule.target.replace('_', ' ')}, {rule.scope}", spans,
            f"{rule.gives}: {', '.join(forms)}", after, status, rule.answered_by,
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def with_table(page: str, instruments: Mapping[str, Instrument]) -> str:
    """A page with its table written anew.

    Raises
    ------
    InputError
        If the page lacks the marks between which the table stands.
    """
    if BEGIN not in page or END not in page:
        raise InputError("page of instruments", "no marks", f"a page with {BEGIN} and {END}")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{table(instruments)}\n\n{END}{after}"


def write_table(path: Path, instruments: Mapping[str, Instrument]) -> None:
    """Write the table of a page anew, in place."""
    path.write_text(with_table(path.read_text("utf-8"), instruments), "utf-8")


if __name__ == "__main__":
    from transition_model.instruments import load_instruments

    write_table(Path(__file__).parents[2] / "docs" / "instruments.md", load_instruments())
