"""Green-factory certificates, municipal and national: won, raised, and withdrawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.firm_columns import sums_by_sector
from transition_model.agents.firm_energy_price import Columns
from transition_model.agents.situation import Situation
from transition_model.behaviour import certification
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.policy import efficiency

type Array = NDArray[np.float64]

_A_MONTH = 1.0 / MONTHS_PER_YEAR


def certify(columns: Columns, situation: Situation) -> None:
    """Apply for certificates; a municipal one of a year's standing may become national."""
    _meet_the_stock(columns, situation)
    parameters, ledger = situation.parameters, situation.ledger
    municipal_award, national_award = (
        situation.levers["green_factory_support"] * award
        for award in efficiency.factory_awards(situation.law, situation.month)
    )
    certified = columns["certified_factories"].copy()
    gained = certification.certified_within(
        columns["eligible_factories"],
        certified,
        _hazard(columns, situation, municipal_award),
        _A_MONTH,
    )
    promoted = certification.promoted_within(
        columns["seasoned_factories"],
        _national_hazard(columns, situation, national_award),
        _A_MONTH,
    )
    kept = np.exp(-parameters.scalar("green_factory_revocation_rate") * _A_MONTH)
    ledger.add("green_factories_certified_per_month", float(gained.sum()))
    ledger.add("green_factories_revoked_per_month", float(certified.sum()) * (1.0 - kept))
    national = float(columns["national_factories"].sum())
    ledger.add("national_green_factories_certified_per_month", float(promoted.sum()) * kept)
    ledger.add("national_green_factories_revoked_per_month", national * (1.0 - kept))
    ledger.add_at(
        "subsidy_spending_per_month",
        "green_factory_support",
        municipal_award * float(gained.sum()) + national_award * float(promoted.sum()),
    )
    _grow_older(columns, gained, promoted, float(kept))


def _meet_the_stock(columns: Columns, situation: Situation) -> None:
    """Who holds the certificates is known here; how many there are is the stock's to say."""
    stock = float(situation.stocks["certified_green_factories"])
    known = float(columns["certified_factories"].sum())
    scale = stock / known if known > 0.0 else 0.0
    for name in _HELD:
        columns[name] *= scale


_HELD = ("certified_factories", "seasoned_factories", "national_factories", "young_factories")


def _grow_older(columns: Columns, gained: Array, promoted: Array, kept: float) -> None:
    """Withdraw a little of everything, and let new certificates wait for a year."""
    promoted = promoted * kept
    for name in _HELD:
        columns[name] *= kept
    young = columns["young_factories"]
    columns["seasoned_factories"] += young[:, 0] - promoted
    columns["national_factories"] += promoted
    young[:, :-1] = young[:, 1:]
    young[:, -1] = gained
    columns["certified_factories"] += gained


def _hazard(columns: Columns, situation: Situation, award: float) -> Array:
    """Rate at which an eligible factory wins the municipal certificate, 1/year, shape (firms,)."""
    parameters, sector = situation.parameters, columns["sector"]
    eligible = sums_by_sector(sector, columns["eligible_factories"])
    peers = sums_by_sector(sector, columns["certified_factories"]) / eligible
    return certification.certification_hazard(
        parameters.scalar("green_factory_application_rate", situation.month),
        _pull(situation, award),
        _score(columns, situation),
        peers[sector],
        parameters.scalar("green_factory_peer_effect"),
    )


def _national_hazard(columns: Columns, situation: Situation, award: float) -> Array:
    parameters = situation.parameters
    hazard: Array = (
        parameters.scalar("green_factory_national_rate", situation.month)
        * _pull(situation, award)
        * _score(columns, situation)
    )
    return hazard


def _pull(situation: Situation, award: float) -> float:
    parameters = situation.parameters
    return certification.award_pull(
        award,
        parameters.scalar("green_factory_own_value"),
        parameters.scalar("green_factory_award_elasticity"),
    )


def _score(columns: Columns, situation: Situation) -> Array:
    return certification.performance_score(
        columns["specific_energy"] / columns["specific_energy_limit"],
        situation.parameters.scalar("green_factory_performance_sensitivity"),
    )
