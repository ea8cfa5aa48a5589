"""Reads free text for what its recipient may not see: minimisation with review, not anonymisation.

Pure: a text and the message's own record in, a verdict out. It knows no Kafka, clock, file at run time, or log.
"""
