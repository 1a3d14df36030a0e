"""What runs in a helper container: one fault to one victim, done on word and undone on word, on SIGTERM, at its end.

Before: the director of `reconciler chaos`, or a cleaner, over standard input and output. After: the kernel.
Standard library only, and little of it: a helper has to stand there fast. Each kind's modules are imported by it
alone.
"""
