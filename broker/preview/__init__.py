"""Side by side: what was signed, and what one recipient will see. As values, in a terminal, and as a page."""
