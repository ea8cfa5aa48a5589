"""WHETHER, to whom and how much may be shared: pure functions over coded facts and dated law."""
