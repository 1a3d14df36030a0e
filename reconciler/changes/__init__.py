"""EDGE: what people want changed, as edits of spec files: proposed with their difference, then carried out."""
