"""One night, played on a real Kafka by separate processes, and compared with what a human wrote down beforehand."""
