"""Kafka in. Handlers decide nothing: they hand each polled batch to the loop."""
