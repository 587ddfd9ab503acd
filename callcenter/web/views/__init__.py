"""How things look: languages, figures, the picture of a call."""
