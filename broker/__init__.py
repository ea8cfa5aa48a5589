"""A message broker that tells the right safeguarding professional about a child, lawfully, and nobody else."""
