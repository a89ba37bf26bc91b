"""What may be done to the law: replace, add, suspend or end a version, or strike a rule for a time.

Each function answers a new set of instruments, validated like those from files; the given one stays
as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

from transition_model.errors import InputError
from transition_model.instruments.loading import validated
from transition_model.instruments.schema import Instrument, Version

type Instruments = Mapping[str, Instrument]


def with_version(instruments: Instruments, identifier: str, version: Version) -> Instruments:
    """Replace the version of the same id, or add the version in its place in time.

    Raises
    ------
    InputError
        If there is no such instrument, or the versions then overlap for one claim.
    """
    rule = _known(instruments, identifier)
    others = [known for known in rule.versions if known.id != version.id]
    versions = sorted([*others, version], key=lambda known: known.start)
    return _changed(instruments, rule, versions=versions)


def suspended(instruments: Instruments, identifier: str, start: date, end: date) -> Instruments:
    """Suspend whatever is in force from ``start`` to ``end``, both days included.

    Claims of those days wait and are served when the rule goes on. Versions are cut at the
    boundaries; their money is no longer split by date where they have none.

    Raises
    ------
    InputError
        If ``end`` is before ``start``, nothing is in force on those days, or the pause cuts into a
        version with a budget in tranches.
    """
    rule = _known(instruments, identifier)
    if end < start:
        raise InputError(f"{identifier}: suspended", end, f"an end on or after {start}")
    if not any(version.start <= end and start <= version.end for version in rule.versions):
        raise InputError(f"{identifier}: suspended", f"{start} to {end}", "days with a version")
    day = timedelta(days=1)
    versions: list[Version] = []
    for version in rule.versions:
        if version.end < start or version.start > end:
            versions.append(version)
            continue
        if version.budget is not None and (version.start < start or version.end > end):
            raise InputError(
                f"{identifier}, version {version.id}: suspended", f"{start} to {end}",
                "days that take in the whole of a version with a budget; else replace the version",
            )  # fmt: skip
        pieces = (
            (version.start, min(version.end, start - day), version.state, ""),
            (max(version.start, start), min(version.end, end), "suspended", " (pause)"),
            (max(version.start, end + day), version.end, version.state, " (resumed)"),
        )
        whole = [piece for piece in pieces if piece[0] <= piece[1]]
        for place, (first, last, state, name) in enumerate(whole):
            first_piece = place == 0
            entry = version.model_dump() | {
                "id": version.id + name, "start": first, "end": last, "state": state,
                "takes_over_queue": version.takes_over_queue if first_piece else True,
                "retroactive_from": version.retroactive_from if first_piece else None,
            }  # fmt: skip
            versions.append(_version(identifier, entry))
    return _changed(instruments, rule, versions=versions)


def ended(instruments: Instruments, identifier: str, last: date) -> Instruments:
    """End a rule: ``last`` is its last day; later versions fall away and nothing follows.

    Raises
    ------
    InputError
        If no version has begun by then, or the end cuts off tranches of a budget.
    """
    rule = _known(instruments, identifier)
    begun = [version for version in rule.versions if version.start <= last]
    if not begun:
        raise InputError(f"{identifier}: ended", last, f"a day from {rule.versions[0].start} on")
    versions = []
    for version in begun:
        runs_on = version.end == rule.last_end and rule.after == "continue"
        end = last if runs_on else min(version.end, last)
        versions.append(_version(identifier, version.model_dump() | {"end": end}))
    return _changed(instruments, rule, versions=versions, after="end", phase_out_days=None)


def followed_by(
    instruments: Instruments,
    identifier: str,
    after: Literal["continue", "phase_out", "end"],
    phase_out_days: int | None = None,
) -> Instruments:
    """State what follows the last known version of a rule.

    Raises
    ------
    InputError
        If there is no such instrument, or ``phase_out_days`` do not go with ``after``.
    """
    rule = _known(instruments, identifier)
    return _changed(
        instruments, rule, versions=rule.versions, after=after, phase_out_days=phase_out_days
    )


def struck(
    instruments: Instruments, identifier: str, start: date, end: date | None = None
) -> Instruments:
    """Strike a rule from ``start`` to ``end``, both days included, or for good.

    Nothing can be claimed on those days, and nothing is paid. Of a version that comes back, claims
    that wait and money that is left are still there then; tranches come on their days.

    Raises
    ------
    InputError
        If it is to be struck while it is phased out.
    """
    rule = _known(instruments, identifier)
    day = timedelta(days=1)
    runs_on = start > rule.last_end
    if runs_on and rule.after == "phase_out":
        raise InputError(f"{identifier}: struck", start, f"a day up to {rule.last_end}")
    versions: list[Version] = []
    for version in rule.versions:
        last = version.end
        if version.end == rule.last_end and rule.after == "continue" and (runs_on or end):
            last = max(last, start - day, end or start - day)
        if last < start or (end is not None and version.start > end):
            versions.append(_version(identifier, version.model_dump() | {"end": last}))
            continue
        closing = last if end is None else min(last, end)
        pieces = (
            (version.start, start - day, version.state, ""),
            (max(version.start, start), closing, "closed", " (struck)"),
            ((end or last) + day, last, version.state, " (back)"),
        )
        comes_back = end is not None and last > end
        for first, final, state, name in pieces:
            if first <= final:
                kept = _piece(identifier, version, first, final, state, name, comes_back)
                versions.append(kept)
    after = "end" if end is None else rule.after
    return _changed(
        instruments, rule, versions=versions, after=after,
        phase_out_days=None if end is None else rule.phase_out_days,
    )  # fmt: skip


def _piece(
    identifier: str,
    version: Version,
    first: date,
    final: date,
    state: str,
    name: str,
    comes_back: bool,
) -> Version:
    """A part of a version, with the money whose days it holds.

    Where the version comes back, the money of its first day passes through the parts, and so does
    the queue.
    """
    opens = first == version.start
    budget = version.budget.model_dump() if version.budget else None
    if budget is not None and state == "closed" and not comes_back:
        budget = None
    if budget is not None and budget["tranches"]:
        kept = [tranche for tranche in budget["tranches"] if first <= tranche["start"] <= final]
        budget |= {"tranches": kept, "total": math.fsum(tranche["amount"] for tranche in kept)}
    elif budget is not None and not opens:
        budget |= {"total": 0.0, "carry_over": True}
    passes_on = comes_back and version.budget is not None and not opens
    return _version(
        identifier,
        version.model_dump() | {
            "id": version.id + name, "start": first, "end": final, "state": state,
            "budget": budget, "stated_end": version.stated_end if opens else None,
            "takes_over_queue": passes_on or (version.takes_over_queue and opens),
            "retroactive_from": version.retroactive_from if opens else None,
        },
    )  # fmt: skip


def _known(instruments: Instruments, identifier: str) -> Instrument:
    if identifier not in instruments:
        raise InputError("instrument", identifier, ", ".join(instruments))
    return instruments[identifier]


def _version(identifier: str, entry: dict[str, object]) -> Version:
    # Through the instrument's reader, so that a problem reads like one of a file.
    probe = {
        "measure": 1, "target": "household", "scope": "", "trigger": "purchase",
        "gives": "subsidy", "answered_by": "", "when_off": "ends", "label_en": "", "label_zh": "",
        "after": "end",
        "versions": [entry | {"takes_over_queue": False}],
    }  # fmt: skip
    found = validated(f"scenario: {identifier}", identifier, probe).versions[0]
    return found.model_copy(update={"takes_over_queue": entry["takes_over_queue"]})


def _changed(instruments: Instruments, rule: Instrument, **changes: object) -> Instruments:
    entry = {name: getattr(rule, name) for name in type(rule).model_fields} | changes
    listed = entry["versions"]
    assert isinstance(listed, list | tuple)
    oldest_first = sorted(listed, key=lambda version: version.start)
    entry["versions"] = [version.model_dump() for version in oldest_first]
    del entry["id"]
    changed = validated(f"scenario: {rule.id}", rule.id, entry)
    return {**instruments, rule.id: changed}
