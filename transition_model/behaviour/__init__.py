"""Decision rules: pure functions on arrays, numbers in, probabilities or amounts out."""
