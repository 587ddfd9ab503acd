"""The demo: a service of its own, and independent phones that call it (see `run.py`)."""
