"""What recyclers pay for a tonne of waste, and who wins it: formal plants against informal ones.

A formal recycler bids what the tonne is worth to it after cost and margin. An informal one bids a
little more, because it saves the cost of compliance; inspections take part of that advantage away.
Owners choose between the two by a logit over both bids, against the value of the tonne.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


@formula
def formal_bid(
    expected_value: Array, processing_cost: Array, transport_cost: Array, target_margin: Array
) -> Array:
    """Bid of a formal recycler: value less processing, transport and target margin, at least 0.

    Parameters
    ----------
    expected_value
        Expected value of the products of a tonne of waste, yuan/t, shape (n,).
    processing_cost, transport_cost, target_margin
        Yuan/t, shape (n,).
    """
    return np.maximum(expected_value - processing_cost - transport_cost - target_margin, 0.0)


@formula
def relief_of_rules(
    treatment_money: Array,
    seen: float,
    value: Array,
    tax_share: float,
    refund_gained: Array,
    invoiced_share: Array,
    invoice_saving: float,
) -> Array:
    """What rules that only formal plants profit from are worth to them, yuan/t, shape (kinds,).

    ``seen * money + value * (tax_share * refund_gained + invoice_saving * invoiced_share)``

    Parameters
    ----------
    treatment_money
        Public money for a tonne treated, yuan/t, shape (kinds,).
    seen
        What a yuan of it is worth when plants bid: it comes years late and asks for audits.
    value
        Value of the products of a tonne, yuan/t, shape (kinds,).
    tax_share
        Value-added tax paid on the value of products, share of it.
    refund_gained
        Share of that tax that comes back, less that of the opening, shape (kinds,).
    invoiced_share
        Share of purchases that plants may invoice themselves, shape (kinds,).
    invoice_saving
        Tax saved on an invoiced purchase, share of the value.
    """
    by_value = tax_share * refund_gained + invoice_saving * invoiced_share
    return seen * treatment_money + value * by_value


@formula
def battery_pull(
    vehicle_loss: float, battery_value: float, sensitivity: float, in_force: float, with_car: float
) -> float:
    """Log odds by which retired batteries move to the formal channel under the battery rule.

    Whoever strips a vehicle loses part of the vehicle's price, as if the informal buyer of the
    battery bid so much less: ``sensitivity * loss / value``, for batteries that retire with a car.

    Parameters
    ----------
    vehicle_loss
        Taken off the price of a scrapped vehicle without its battery, yuan/vehicle.
    battery_value
        Value of the materials of its battery, yuan/vehicle, above 0.
    sensitivity
        As in :func:`attraction`.
    in_force
        Share of the month in which the rule holds.
    with_car
        Share of retired batteries that retire in a scrapped vehicle.
    """
    return in_force * with_car * sensitivity * vehicle_loss / battery_value


@formula
def informal_bid(reference_bid: Array, value: Array, premium: Array, enforcement: float) -> Array:
    """Bid of the informal sector: ``reference + premium (1 - enforcement) value``.

    Informal recyclers pay 5 to 30 % more, for they spend nothing on pollution control. Money that
    only formal plants get is not in the reference: nobody else can match it.

    Parameters
    ----------
    reference_bid
        Mean formal bid less the relief in it, yuan/t, shape (kinds,).
    value
        Value of the products of a tonne, yuan/t, shape (kinds,).
    premium
        Advantage of informal cost, share of the value, shape (kinds,).
    enforcement
        Share of that advantage that inspections take away.
    """
    return reference_bid + premium * (1.0 - enforcement) * value


@formula
def attraction(bid: Array, value: Array, sensitivity: float) -> Array:
    """Weight of a bid in the owners' logit: ``exp(sensitivity * bid / value)``.

    Parameters
    ----------
    bid, value
        Yuan/t, of one shape; values above 0.
    sensitivity
        Utility of a bid as large as the value.
    """
    return np.exp(sensitivity * bid / value)


@formula
def channel_constant(
    reference_share: Array,
    sensitivity: float,
    premium: Array,
    reference_enforcement: float,
    reference_relief: Array,
) -> Array:
    """Utility of the formal channel beside its price, from a share that was observed.

    Under the reference enforcement and relief, with all formal bids alike, :func:`formal_share`
    returns ``reference_share``.

    Parameters
    ----------
    reference_share
        Between 0 and 1, both excluded, shape (kinds,).
    sensitivity
        As in :func:`attraction`.
    premium
        As in :func:`informal_bid`, shape (kinds,).
    reference_enforcement
        Enforcement in the years of the reference share.
    reference_relief
        Relief of formal plants in those years, share of the value, shape (kinds,).
    """
    log_odds = np.log(reference_share) - np.log1p(-reference_share)
    advantage = premium * (1.0 - reference_enforcement) - reference_relief
    return log_odds + sensitivity * advantage


@formula
def formal_share(formal_attraction: Array, informal_attraction: Array, constant: Array) -> Array:
    """Share of the inflow that formal recyclers win: ``F e^c / (F e^c + I)``.

    Parameters
    ----------
    formal_attraction
        Mean :func:`attraction` of the formal bids, weighted with capacity; 0 where there is no
        plant, shape (kinds,).
    informal_attraction
        That of the informal bid, above 0, shape (kinds,).
    constant
        Utility of the formal channel beside its price, shape (kinds,).
    """
    formal = formal_attraction * np.exp(constant)
    return formal / (formal + informal_attraction)


@formula
def with_certificates(formal: float, payment: float, scale: float) -> float:
    """Formal share when subsidies ask for a certificate of formal scrapping.

    ``formal + (1 - formal) (1 - exp(-payment / scale))``: of the owners who would have sold to an
    informal buyer, those who claim the subsidy go to a formal yard instead.

    Parameters
    ----------
    formal
        Share without such subsidies.
    payment
        Public money paid for each vehicle scrapped, claimed or not, yuan.
    scale
        Yuan; about the payment to one who claims, so that ``payment / scale`` is about the share
        of claimants while that share is small.
    """
    return float(formal - (1.0 - formal) * np.expm1(-payment / scale))


def utilisation_by_bid(capacity: Array, weight: Array, throughput: float) -> Array:
    """Utilisation of each plant when waste goes to plants by bid and none takes more than it can.

    ``min(1, s * weight)``, with ``s`` such that the plants together treat the throughput.

    Parameters
    ----------
    capacity
        t/year, shape (n,).
    weight
        :func:`attraction` of each plant's bid, above 0, shape (n,).
    throughput
        t/year that the plants treat together; what exceeds their capacity stays untreated.
    """
    if throughput >= capacity.sum():
        return np.full(len(capacity), float(throughput > 0.0))
    order = np.argsort(-weight, kind="stable")
    offered = (capacity * weight)[order]
    before = np.cumsum(capacity[order]) - capacity[order]
    behind = np.cumsum(offered[::-1])[::-1]
    scale = np.zeros(len(capacity))
    np.divide(np.maximum(throughput - before, 0.0), behind, out=scale, where=behind > 0.0)
    first = int(np.argmax(scale * weight[order] <= 1.0))
    shared: Array = scale[first] * weight
    return np.minimum(shared, 1.0)
