"""Views of a stock-flow model, made from its equations: diagrams, Vensim's sketch, reference pages.

Nothing here is needed to run a model. ``python -m transition_model.stocks.views`` (``make docs``)
writes everything anew; igraph, which orders the diagrams, is a library for development.
"""
