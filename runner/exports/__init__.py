"""Deliveries: what leaves the warehouse, with the proof that it may.

contract      what an exposure promises, validated
gate          whether everything that it is made of is green
audience      the queries over the warehouse
writers       CSV, Parquet, JSON lines
judge         the second, independently written decision about each contact point
ledger        what was sent, in the warehouse and beside the deliveries
destination   a folder or a URL, written whole or not at all
certificate   the proof beside each delivery
deliver       the order of all this
verify        the proof re-checked without the warehouse
"""
