"""Measurements, in their own command: `make bench`. Never timed tests."""
