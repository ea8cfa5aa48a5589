"""WHAT may be said: message types, their fields, and the label of every field."""
