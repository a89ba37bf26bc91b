"""The coupled model with households as ordinary Mesa agents: one Python object each.

What it is for: to measure what columns and kernels bring against the way in which Mesa models are
usually written (:mod:`benchmarks.cases.mesa_objects`). Each household is a :class:`mesa.Agent` with
attributes and decides in ``step()``, in plain Python with ``math``; it knows its peers as objects.
It reads the same law, levers, parameters and draws as the package's households, writes into the
same ledger and so drives the same stock-flow model; ``tests/benchmarks`` holds both together.

What is not written again: the opening population, the law (:mod:`transition_model.policy`), the
offices that pay, which count the city's claims and not a household's, and the other agent sets. Of
those the city has some thousand agents however many households a run has; as objects they would
change the time of a run by a constant, not what a household costs.
"""
