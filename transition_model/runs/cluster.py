"""A Dask cluster as a maker of runs: the same calls as processes of one's own."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from transition_model.errors import InputError

_PATIENCE = 30.0
"""Seconds in which a scheduler and its first worker have to answer."""


class Cluster:
    """Workers that a Dask scheduler knows.

    Parameters
    ----------
    address
        Of the scheduler, as ``tcp://host:8786``.

    Attributes
    ----------
    lost
        What a group of runs fails with that has taken several workers along.

    Raises
    ------
    InputError
        If nobody answers there, or no worker comes.
    """

    def __init__(self, address: str) -> None:
        from distributed import Client, KilledWorker

        allowed = "the address of a running Dask scheduler with workers, as tcp://host:8786"
        connect: Any = Client
        try:
            self._client: Any = connect(address, timeout=_PATIENCE, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_PATIENCE)
        except (OSError, TimeoutError, ValueError) as problem:
            raise InputError("scheduler", address, f"{allowed} ({problem})") from None
        self.lost: type[Exception] = KilledWorker

    @property
    def workers(self) -> int:
        """Threads of all workers: runs that are made at once."""
        return max(int(sum(self._client.nthreads().values())), 1)

    def executor(self) -> Executor:
        """What takes work, as from :mod:`concurrent.futures`."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()
