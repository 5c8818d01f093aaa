"""Histories of sales: their format, how they are written, and how they are judged.

A history is what buyers asked and were told, and what was left in the ledger. It can be judged without the system that
it comes from.
"""
