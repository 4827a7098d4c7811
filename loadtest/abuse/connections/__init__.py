"""Honest connections beside bad ones, and whether those who mean well notice those who don't."""
