"""Honest connections beside bad ones: do those who mean well notice those who don't?"""
