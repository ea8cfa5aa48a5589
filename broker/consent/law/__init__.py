"""The law as dated data: provisions, conditions, bases, regulators; compiled into one immutable policy version.

Marks: `R` primary text read, `r` read in part, `K` well known but not seen in a source, `P` our proposal. Nothing here
has been confirmed by a data protection officer yet: `confirmed_by` is None throughout and the product shows that.
"""
