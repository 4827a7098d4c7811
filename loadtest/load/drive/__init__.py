"""The load generator: processes with connections that send by a schedule and note what comes back."""
