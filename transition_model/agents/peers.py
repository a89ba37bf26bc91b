"""Peers of households: a small world, of which only what differs from a ring is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model import random_streams
from transition_model.agents.row_blocks import KEPT_ROWS, at_hand
from transition_model.kernels.peers import GROUP, Links
from transition_model.parameters import ParameterValues

type Table = NDArray[np.int32]


class Peers:
    """Row numbers of each household's peers, which stand for a table of shape (n, peers).

    Parameters
    ----------
    links
        The ring, and what leads elsewhere.
    """

    def __init__(self, links: Links) -> None:
        self.links = links

    @classmethod
    def drawn(cls, rows: int, parameters: ParameterValues, seed: int) -> Peers:
        """A small world (Watts and Strogatz 1998).

        A ring over the ordered table, in which rows next to each other share district and income,
        with a share of the links rewired to anybody.

        Parameters
        ----------
        rows
            Number of households.
        parameters
            Declared values.
        seed
            Seed of the run.
        """
        count, share = round(parameters.scalar("peer_count")), parameters.scalar("peer_rewiring")
        keys, keys_to = (
            np.array(
                [random_streams.month_key(seed, f"peer {k} {of}", 0) for k in range(count)],
                dtype=np.uint64,
            )
            for of in ("rewired", "anybody")
        )
        elsewhere = np.empty(rows, dtype=np.uint8)
        which, to = [], []
        for part in at_hand(rows):
            own = np.arange(part.start, part.stop)
            leads = np.stack([random_streams.draws_of(key, own) < share for key in keys], axis=1)
            elsewhere[part] = leads.sum(axis=1)
            place, link = np.nonzero(leads)
            row = own[place]
            # To anybody but oneself.
            away = 1 + (random_streams.draws_of(keys_to[link], row) * (rows - 1)).astype(np.int64)
            which.append(link.astype(np.uint8))
            to.append(((row + away) % rows).astype(np.int32))
        return cls(_links(count, elsewhere, np.concatenate(which), np.concatenate(to)))

    @classmethod
    def of(cls, table: Table) -> Peers:
        """Peers of any kind, given by their rows, shape (n, peers)."""
        rows, count = table.shape
        ring = (np.arange(rows)[:, None] + _steps(count)) % rows
        row, which = np.nonzero(table != ring)
        elsewhere = np.bincount(row, minlength=rows).astype(np.uint8)
        to = table[row, which].astype(np.int32)
        return cls(_links(count, elsewhere, which.astype(np.uint8), to))

    def table(self) -> Table:
        """Peers of all households, shape (n, peers)."""
        return self._rows(0, len(self))

    _table: Table | None = None

    def view(self) -> Table:
        """Peers of all households, read-only; of few households the table is kept."""
        if self._table is not None:
            return self._table.view()
        table = self.table()
        table.flags.writeable = False
        if len(self) <= KEPT_ROWS:
            self._table = table
        return table

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.view(), dtype) if copy else np.asarray(self.view(), dtype)

    def __len__(self) -> int:
        return len(self.links.elsewhere)

    def __getitem__(self, rows: Any) -> Table:
        if isinstance(rows, (int, np.integer)):
            row = int(rows) % len(self)
            return np.asarray(self._rows(row, 1)[0])
        return np.asarray(self.view()[rows])

    def __setitem__(self, rows: Any, values: Any) -> None:
        table = self.table()
        table[rows] = values
        self.links, self._table = Peers.of(table).links, None

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return sum(array.nbytes for array in self.links)

    def _rows(self, first: int, count: int) -> Table:
        links, group = self.links, first // GROUP
        entry = int(links.first[group]) + int(links.elsewhere[group * GROUP : first].sum())
        table = np.empty((count, len(links.steps)), dtype=np.int32)
        rows = np.arange(first, first + count)
        table[:] = (rows[:, None] + links.steps) % len(self)
        elsewhere = links.elsewhere[first : first + count]
        own = slice(entry, entry + int(elsewhere.sum()))
        table[np.repeat(rows - first, elsewhere), links.which[own]] = links.to[own]
        return table


def _links(count: int, elsewhere: NDArray[np.uint8], which: NDArray[np.uint8], to: Table) -> Links:
    """Links with what says where those of each group of rows begin."""
    of_group = np.add.reduceat(elsewhere, range(0, len(elsewhere), GROUP), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(of_group)])
    return Links(_steps(count), elsewhere, first, which, to)


def _steps(count: int) -> NDArray[np.int64]:
    """Rows from a household to its peers in the ring, nearest first, shape (count,)."""
    return np.array([step for k in range(1, count // 2 + 2) for step in (k, -k)][:count])


def links_of(peers: Any) -> Links:
    """Links of peers, of whatever form they are."""
    return (peers if isinstance(peers, Peers) else Peers.of(peers)).links
