"""The coupled model with half the coupling interval: how much depends on a month's delay.

Agents decide on the stocks of the month's opening, so that what they cause acts on them a month
later. Here the stocks move on by half a month, agents decide anew on the stocks at the middle, and
the second half of the month has the flows of that second decision. Flows and hazards stay those of
a month, so that half a month has half of each. Memory moves on once a month, by the second
decision; both decisions begin with the month's opening memory and draw the same luck. What is
measured is the delay between agents and stocks, and not that of an agent's own memory.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from transition_model.agents.recyclers import Recyclers
from transition_model.balances import check_spending
from transition_model.dimensions import dimension
from transition_model.ledger import ledger_entries, ledger_layout
from transition_model.model import Array, TransitionModel
from transition_model.policy.trade_in import TRADE_IN_PROGRAMMES, trade_in_budget

HALF = 0.5
"""Of a month."""


class TwiceAMonth(TransitionModel):
    """A :class:`TransitionModel` whose agents and stocks meet in the middle of the month too."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._seen_at: dict[str, Array] = {}

    def step(self) -> None:
        """One month: two decisions and two half-months of the stocks."""
        self.read_policy()
        self.publish_stocks()
        opening = self.memory()
        self._decide_as_a_month_ago("opening")
        first = self._half_month()
        self.restore(opening)
        self._publish_again()
        self._decide_as_a_month_ago("middle")
        second = self._half_month()
        self.flows = {name: HALF * (first[name] + second[name]) for name in first}
        self.record()
        self.month += 1

    def let_agents_decide(self) -> None:
        """Every agent decides; what is left of the trade-in money bears twice the monthly flow.

        Agents ration a flow per month by what is left, and half of that flow is paid.
        """
        spent = self.published["public_money_spent"] - self._spent_by_january
        places = [dimension("subsidy_programme").index(name) for name in TRADE_IN_PROGRAMMES]
        left = max(trade_in_budget(self.levers) - float(spent[places].sum()), 0.0)
        january = self._spent_by_january.copy()
        self._spent_by_january[places[0]] += left
        super().let_agents_decide()
        self._spent_by_january = january

    def _decide_as_a_month_ago(self, point: str) -> None:
        """Decide, where what is compared with last month is compared at the same point of it."""
        seen = self._set_of(Recyclers).columns["scrappage_money_seen"]
        if point in self._seen_at:
            seen[:] = self._seen_at[point]
        self.let_agents_decide()
        self._seen_at[point] = seen.copy()

    def _half_month(self) -> Mapping[str, Array]:
        """Close the ledger, step the stocks by half a month with it, and return it."""
        self.close_ledger()
        layout, numbers = ledger_layout(), self.ledger.numbers
        moved = numbers.copy()
        for name, entry in ledger_entries().items():
            if entry.kind == "flow":
                moved[layout.parts[name][0]] *= HALF
        spent = self.published["public_money_spent"] - self._spent_by_january
        paid = layout.view(moved, "subsidy_spending_per_month")
        check_spending(self.month, spent, paid, self.levers)
        self.integrate(numbers, HALF)
        self.coupling.seam.check(self.month, self._opening, self._closing, moved)
        return self.flows

    def _publish_again(self) -> None:
        """Publish the stocks at the month's middle; the year's money still began in January."""
        january = self._spent_by_january
        self.publish_stocks()
        self._spent_by_january = january

    def memory(self) -> list[dict[str, Any]]:
        """Copy what agents remember; what they share with the model is not copied."""
        shared = {id(one): one for one in (self, self.parameters, self.law, self.structures)}
        return [copy.deepcopy(vars(agents), dict(shared)) for agents in self._sets]

    def restore(self, memory: list[dict[str, Any]]) -> None:
        """Have agents remember what they remembered when :meth:`memory` was called."""
        for agents, remembered in zip(self._sets, memory, strict=True):
            vars(agents).clear()
            vars(agents).update(remembered)
