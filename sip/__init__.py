"""SIP and media for asyncio: a user agent library that knows nothing of call centres."""
