"""The commands that have sub-commands of their own, and what all commands share."""
