"""Reports made from a journal: what a recorded session did, order by order, what it nets to, and how its rules came about.

Accumulators fed with one command and its events at a time; none of them opens a file. What each column means is written
in docs/REPORTS.md.
"""
