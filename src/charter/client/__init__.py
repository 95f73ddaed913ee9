"""Clients of a contract: its model, and the text of it in a language.

`reading` makes a `Model` of a contract; `python` and `typescript` write it. What does not depend
on the contract (`runtime`) is source of its own, and is written out as it is.
"""
