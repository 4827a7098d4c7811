"""The search for the most expensive single command: ingredients in any mixture, then one command that is measured."""
