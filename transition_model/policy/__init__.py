"""What the rules offer or demand in a month, one module an instrument family."""
