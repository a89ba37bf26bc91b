"""One benchmark a module; the first line of its docstring is its title."""
