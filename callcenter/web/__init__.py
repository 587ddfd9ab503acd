"""The API, the live stream and the pages. Knows the store and the events, never SIP."""
