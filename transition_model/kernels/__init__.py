"""What a set of agents does in a month, row by row, as machine code.

``agents`` decides the same with numpy; that is the reference, and tests hold the two together.
"""
