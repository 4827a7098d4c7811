"""Tables: what a report is made of, and what is made of them: several joined, other words, a workbook."""
